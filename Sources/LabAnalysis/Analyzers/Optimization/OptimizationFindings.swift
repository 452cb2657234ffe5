import LabCore
import LabJSON
import LabReport

/// What ``Optimization`` found. Savings are of the window unless a name says otherwise.
public struct OptimizationFindings: Encodable, Sendable {
  /// From the recorded cost to what the steps start from.
  public struct Baseline: Encodable, Sendable {
    /// The recorded cost of the calls that the book prices; nil when no call has one.
    @Known public var recordedUsd: Money?
    /// Over the calls that have a recorded cost.
    @Known public var recordedMinusRepricedUsd: Money?
    /// The repriced cost of calls without a recorded one.
    public var withoutRecordedUsd: Money
    /// The recorded tokens at the latest price rows, contracted.
    public var repricedUsd: Money
    public var calls: Int64
    /// Outside of all that follows.
    public var unpricedCalls: Int64
    public var unpricedTokens: Int64
    @Known public var unpricedRecordedUsd: Money?
  }

  /// One bar of the waterfall.
  public struct Step: Encodable, Sendable {
    public var step: String
    /// Nil when it can't be known; then the reason stands beside.
    @Known public var savingUsd: Money?
    @Known public var lowUsd: Money?
    @Known public var highUsd: Money?
    /// What is left to pay after it.
    public var leftUsd: Money
    @Known public var monthlyUsd: Money?
    @Known public var reason: String?
  }

  /// What a group costs and could save, commitments apart.
  public struct Figures: Encodable, Sendable {
    public var repricedUsd: Money
    @Known public var eliminateUsd: Money?
    @Known public var cacheUsd: Money?
    @Known public var batchUsd: Money?
    @Known public var routeUsd: Money?
    public var leftUsd: Money
    public var unpricedCalls: Int64
  }
  public typealias Row = GroupRow<Figures>

  public struct Switch: Encodable, Sendable {
    public var featureId: String
    public var fromProvider: String
    public var fromModel: String
    public var toProvider: String
    public var toModel: String
    @Known public var modelClass: String?
    public var serviceTier: String
    public var calls: Int64
    public var beforeUsd: Money
    public var afterUsd: Money
    /// With output a tenth shorter and longer.
    public var afterLowUsd: Money
    public var afterHighUsd: Money
    public var savingUsd: Money
  }

  public struct Commitment: Encodable, Sendable {
    public var scope: String
    @Known public var term: String?
    public var listRatio: Double
    public var ratio: Double
    public var levelPerHourUsd: Money
    public var paymentPerHourUsd: Money
    @Known public var coveragePct: Double?
    @Known public var utilisationPct: Double?
    public var breakEvenUtilisationPct: Double
    /// Of the second half of the days.
    public var hours: Int
    public var savingUsd: Money
    public var meanPerHourUsd: Money
    public var savingAtMeanUsd: Money
    public var peakPerHourUsd: Money
    public var savingAtPeakUsd: Money
    @Known public var regretPct: Double?
    @Known public var regretLowPct: Double?
    @Known public var regretHighPct: Double?
    /// Over the whole window, at the rate of the second half.
    public var windowSavingUsd: Money
    var duration: [Int64]

    private enum CodingKeys: String, CodingKey {
      case scope, term, listRatio, ratio, levelPerHourUsd, paymentPerHourUsd, coveragePct, utilisationPct
      case breakEvenUtilisationPct, hours, savingUsd, meanPerHourUsd, savingAtMeanUsd, peakPerHourUsd, savingAtPeakUsd
      case regretPct, regretLowPct, regretHighPct, windowSavingUsd
    }
  }

  public struct VolumeDiscount: Encodable, Sendable {
    public var provider: String
    public var projectedAnnualUsd: Money
    @Known public var reachedFromUsd: Money?
    public var marginalPercent: Double
    public var annualDiscountUsd: Money
    @Known public var nextFromUsd: Money?
    @Known public var nextPercent: Double?
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  @Known public var baseline: Baseline?
  public var waterfall: [Step]
  @Known public var endUsd: Money?
  @Known public var savingsUsd: Money?
  @Known public var savingsPct: Double?
  /// The 95 % interval of a mean day's cost over its mean, from resampled days: what a month's figures vary by.
  @Known public var dayLowRatio: Double?
  @Known public var dayHighRatio: Double?
  public var waitingFeatures: [String]?
  public var switches: [Switch]
  public var commitments: [Commitment]
  public var commitmentWhatIf: [Commitment]
  public var volumeTiers: [VolumeDiscount]
  public var byProvider: [Row]?
  public var byModel: [Row]?
  public var byFeature: [Row]?
  var abstentions: [Abstention]

  func step(_ step: SavingsWaterfall.Step) -> Step? { waterfall.first { $0.step == step.name } }

  /// What turns an amount of the window into one a month; nil under seven days.
  var monthsPerWindow: Double? { days >= 7 ? Understanding.daysPerMonth / days : nil }

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, baseline, waterfall, endUsd, savingsUsd, savingsPct, dayLowRatio
    case dayHighRatio, waitingFeatures, switches, commitments, commitmentWhatIf, volumeTiers, byProvider, byModel
    case byFeature
  }
}
