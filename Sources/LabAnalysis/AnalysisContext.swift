import LabCore
import LabPrices
import LabTable

/// What an analysis may know beside the table: prices, settings, the part of the calls that is meant. No clock.
public struct AnalysisContext: Sendable {
  /// Rows that a thread may handle between two looks at the cancel flag (rule of docs/analyzers.md).
  public static let rowsPerCheckpoint = 65_536

  /// Nil: nothing is repriced, and sections that need prices abstain.
  public var prices: PriceBook? { didSet { shared = SharedScans() } }
  public var settings: AnalyzerSettings
  /// The calls that are meant; nil for all.
  public var selection: CallSelection? { didSet { shared = SharedScans() } }
  /// Whether the selection leaves calls out by what they are (and not only by when they were): then what is for all calls, such as
  /// a budget, can't be told.
  public var isFiltered = false
  /// Aggregates that analyzers of this table, selection and price book share.
  public var shared: SharedScans
  /// The window that the data are said to cover, ends included, when it is known better than by the first and last call.
  public var window: ClosedRange<Instant>?
  /// Who subscribed to what and when, calls or none; nil when there is no such file beside the data.
  public var subscriptions: [SubscriptionPeriod]?
  /// How many threads may work. No figure depends on it.
  public var threads: Int
  public var cancellation: CancellationFlag

  public init(
    prices: PriceBook? = nil, settings: AnalyzerSettings = AnalyzerSettings(), selection: CallSelection? = nil,
    window: ClosedRange<Instant>? = nil, subscriptions: [SubscriptionPeriod]? = nil,
    threads: Int = Parallel.processorCount, cancellation: CancellationFlag = CancellationFlag(),
    shared: SharedScans = SharedScans()
  ) {
    self.prices = prices
    self.settings = settings
    self.selection = selection
    self.window = window
    self.subscriptions = subscriptions
    self.threads = max(1, threads)
    self.cancellation = cancellation
    self.shared = shared
  }

  /// Throws ``AnalysisError/cancelled`` when the work should stop.
  public func checkpoint() throws(AnalysisError) {
    if cancellation.isRaised { throw .cancelled }
  }
}

extension AnalysisContext {
  /// What a scan of the table runs with.
  var scan: ScanContext { ScanContext(width: threads, cancellation: cancellation) }

  /// Runs a scan, whose only expected failure is to be cancelled.
  func scanning<Output>(_ body: () throws(LabFailure) -> Output) throws(AnalysisError) -> Output {
    do throws(LabFailure) { return try body() } catch { throw AnalysisError(error) }
  }

  /// The instants between which the selected calls lie, ends included: the stated window, or the first and last call.
  /// Nil without a call that has a timestamp.
  func timeRange(of calls: CallTable) throws(AnalysisError) -> ClosedRange<Instant>? {
    if let window { return window }
    guard let selection else { return calls.facts.timeRange }
    let range = try scanning { () throws(LabFailure) in
      try calls.fold(reading: [.timestamp], where: selection, scan, from: { (low: Int64.max, high: Int64.min) }) {
        range, block in
        let times = block.integers(.timestamp)
        for row in 0..<block.count where times[row] != IntegerColumn.unknown {
          range.low = min(range.low, times[row])
          range.high = max(range.high, times[row])
        }
      } merge: { range, other in
        range = (min(range.low, other.low), max(range.high, other.high))
      }
    }
    guard range.low <= range.high else { return nil }
    return Instant(microseconds: range.low)...Instant(microseconds: range.high)
  }
}

/// The limits that a scenario sets for its analyses, with the lab's defaults.
public struct AnalyzerSettings: Hashable, Sendable {
  /// The promise on the whole call, in ms.
  public var slaMilliseconds: Double
  /// The least effect of an anomaly, in standard deviations.
  public var anomalySigma: Double
  /// A day above it is worth an alert.
  public var highDailyCost: Money
  /// The tags that every call ought to carry.
  public var requiredTags: [String]
  /// The share of calls that should keep the promise, in percent.
  public var slaTargetPercent = 95.0
  /// The limit on the 95th percentile of the whole call, in ms.
  public var p95LimitMilliseconds = 1500.0
  /// The limit on the 99th percentile of the whole call, in ms.
  public var p99LimitMilliseconds = 2500.0
  /// The goal for the first token, in ms.
  public var firstTokenGoalMilliseconds = 2000.0
  /// The goal for every token after the first, in ms.
  public var tokenGoalMilliseconds = 200.0
  /// Price models that are compared beside the standard ones.
  public var pricingModels: [PricingModel] = []
  /// The limits by which features are judged.
  public var featureLimits = FeatureLimits()
  /// What may be spent in a month.
  public var budgets: [BudgetSetting]
  /// The features whose work may wait for a batch; nil when nothing says so.
  public var waitingFeatures: [String]?
  /// Costs beside the calls that organizations share.
  public var sharedCosts: [SharedCost] = []
  /// Commitments that are already held.
  public var commitmentsHeld: [HeldCommitment] = []
  /// What providers billed, to reconcile statements with.
  public var invoices: [InvoiceLine] = []

  /// The defaults are those of the scenario format (`analysis`).
  public init(
    slaMilliseconds: Double = 2000, anomalySigma: Double = 3,
    highDailyCost: Money = Money(nanodollars: 100 * Money.nanodollarsPerDollar), requiredTags: [String] = [],
    budgets: [BudgetSetting] = []
  ) {
    self.slaMilliseconds = slaMilliseconds
    self.anomalySigma = anomalySigma
    self.highDailyCost = highDailyCost
    self.requiredTags = requiredTags
    self.budgets = budgets
  }
}
