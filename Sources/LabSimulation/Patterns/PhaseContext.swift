import LabCore
import LabScenario

/// What a pattern may know of the phase that it shapes.
public struct PhaseContext: Sendable {
  public var seed: UInt64
  /// Which pass over the phases this is, from 0.
  public var cycle: Int
  /// The phase's place in the timeline, from 0.
  public var index: Int
  /// The pattern's place among the phase's patterns, from 0.
  public var patternIndex: Int
  public var start: Instant
  public var length: TimeSpan
  public var featureIDs: [String]
  public var organizationCount: Int
  public var catalog: ModelCatalog

  public init(
    seed: UInt64, cycle: Int = 0, index: Int = 0, patternIndex: Int = 0, start: Instant, length: TimeSpan,
    featureIDs: [String], organizationCount: Int, catalog: ModelCatalog
  ) {
    self.seed = seed
    self.cycle = cycle
    self.index = index
    self.patternIndex = patternIndex
    self.start = start
    self.length = length
    self.featureIDs = featureIDs
    self.organizationCount = organizationCount
    self.catalog = catalog
  }

  /// A stream for what the pattern draws in this phase of this cycle.
  func phaseStream() -> RandomStream {
    RandomStream(
      seed: seed, purpose: StreamPurpose.pattern.rawValue, key: UInt64(cycle),
      second: UInt64(index << 16 | patternIndex))
  }

  /// A stream for what a pattern decides once per organization, the same in every phase and cycle.
  func organizationStream(_ organization: Int) -> RandomStream {
    RandomStream(seed: seed, purpose: StreamPurpose.organizationSize.rawValue, key: UInt64(organization))
  }
}

/// What random numbers are drawn for: streams of different purposes are independent.
enum StreamPurpose: UInt64 {
  case pattern = 1
  case organizationSize
  case organizationID
  case customerID
  case quota
  case customer
  case lifecycle
  case signups
  case newcomers
  case departures
  case dayFactor
  case failureClusters
  case slot
  case callID
  case incident
  case incidentSlot
  case evenGap
}
