import LabCore
import LabPrices
import LabScenario
import LabTable

/// A scenario ready to run: population, plan of the timeline, prices.
public struct Simulation: Sendable {
  private let scenario: Scenario
  private let prices: PriceBook

  /// Draws the population and plans the first cycle.
  ///
  /// - Throws: ``LabFailure`` `invalidInput` when the scenario asks for more than can be simulated.
  public init(scenario: Scenario, prices: PriceBook) throws(LabFailure) {
    self.scenario = scenario
    self.prices = prices
  }

  /// The CSV's header line with its line feed.
  public var header: [UInt8] { UsageRowEncoder().header }

  /// Simulates and hands batches of whole rows to `sink`, in order, on the calling thread.
  ///
  /// The bytes depend on scenario and price book alone, not on `threads`. The header is not among them.
  ///
  /// - Parameters:
  ///   - batchRows: the rows of every batch but the last.
  ///   - sink: gives false to stop.
  /// - Throws: what `sink` throws; `cancelled`; `invalidInput` for a cycle without a row when the scenario repeats.
  public func run(
    threads: Int, cancellation: CancellationFlag, batchRows: Int = 5000,
    sink: (borrowing SimulationBatch) throws(LabFailure) -> Bool
  ) throws(LabFailure) -> SimulationOutcome {
    SimulationOutcome(bytes: Int64(header.count), end: scenario.start)
  }

  /// The file of subscription periods that goes with the data up to a moment.
  public func customersCSV(until: Instant) -> [UInt8] { [] }

  /// The ground truth that goes with the data up to a moment, in the format `finops-lab/truth/1`.
  public func truthJSON(until: Instant) -> [UInt8] { [] }
}
