import LabCore
import LabJSON
import LabReport

/// What ``DatasetOverview`` found.
public struct DatasetFindings: Encodable, Sendable {
  /// A group's customers, share of calls and failures.
  public struct Figures: JSONMembers, Sendable {
    @Known public var customers: Int?
    /// Of all calls, 0 to 1.
    @Known public var callShare: Double?
    @Known public var failedCalls: Int64?
    /// Failed over all calls, in percent.
    @Known public var errorRatePct: Double?

    public func writeMembers(into writer: inout JSONWriter) {
      writer.member("customers", customers)
      writer.member("call_share", callShare)
      writer.member("failed_calls", failedCalls)
      writer.member("error_rate_pct", errorRatePct)
    }
  }
  public typealias Row = GroupRow<Figures>

  public struct File: Encodable, Sendable {
    public var path: String
    public var bytes: Int64
    public var fingerprint: String
    public var rows: Int
    public var rejectedRows: Int
    public var rejects: [Reject]
    public var blankLines: Int
    public var columns: [String]
    public var missingColumns: [String]
    public var unknownColumns: [String]
    @Known public var tornLine: Int?
  }
  public struct Reject: Encodable, Sendable {
    public var reason: String
    public var meaning: String
    public var rows: Int
    public var firstLines: [Int]
  }
  /// A run of whole hours without a call.
  public struct Gap: Encodable, Sendable {
    public var start: Instant
    public var hours: Int
    /// Calls that so many hours have on the mean.
    public var expectedCalls: Double
    /// Whether so long a silence is improbable at that rate.
    public var suspicious: Bool
  }
  public struct ErrorKind: Encodable, Sendable {
    public var errorType: String
    public var calls: Int64
    /// Of failed calls, in percent.
    @Known public var sharePct: Double?
  }
  public struct TokenFault: Encodable, Sendable {
    public var kind: String
    public var meaning: String
    public var calls: Int
  }
  public struct Quality: Encodable, Sendable {
    @Known public var duplicateCallIds: Int?
    public var outOfOrderRows: Int
    @Known public var costMismatchCalls: Int?
    /// Recorded less priced.
    @Known public var costMismatchUsd: Money?
    /// The sum of the differences without their signs.
    @Known public var costMismatchAbsoluteUsd: Money?
    @Known public var costComparedCalls: Int?
    /// Calls that the price book can't price.
    @Known public var unpricedCalls: Int?
    public var unpricedModels: [UnpricedModel]
    public var impossibleTokens: [TokenFault]
    @Known public var tierPriceConflicts: Int?
    var tierPriceConflictList: [TierPriceAudit.Conflict]
    public var clockGaps: Int
  }
  public struct UnpricedModel: Encodable, Sendable {
    public var provider: String
    public var model: String
    public var calls: Int64
    public var costUsd: Money
  }
  /// A figure of this data beside what is published of real services.
  public struct Realism: Encodable, Sendable {
    public var figure: String
    public var label: String
    @Known public var value: Double?
    public var published: String
    public var source: String
    var unit: Unit

    private enum CodingKeys: String, CodingKey { case figure, label, value, published, source }
  }
  public struct Tokens: Encodable, Sendable {
    public var column: String
    public var mean: Double
    public var p10: Int64
    public var p50: Int64
    public var p90: Int64
    public var p99: Int64
    public var max: Int64
  }

  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  public var file: File
  @Known public var start: Instant?
  @Known public var end: Instant?
  /// UTC hours and days with at least one call.
  @Known public var hours: Int?
  @Known public var days: Int?
  public var gaps: [Gap]
  var distinct: [Distinct]
  @Known public var successRatePct: Double?
  public var errors: [ErrorKind]
  public var quality: Quality
  public var tokens: [Tokens]
  public var realism: [Realism]
  @Known public var giniCustomers: Double?
  @Known public var customersWithoutCalls: Int?
  /// Grouped findings by their names, in the order of the report.
  var groups: [(name: String, title: String, rows: [Row])]
  /// Calls by hour for the chart.
  var callsByHour: [(hour: Int64, calls: Int64)]
  var abstentions: [Abstention]

  struct Distinct: Encodable, Sendable {
    var column: String
    var title: String
    var count: Int

    private enum CodingKeys: String, CodingKey { case column, count }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: FindingKey.self)
    func write(_ name: String, _ value: some Encodable & Sendable) throws {
      try container.encode(value, forKey: FindingKey(name))
    }
    try write("total_calls", totalCalls)
    try write("total_cost_usd", Known(wrappedValue: totalCostUsd))
    try write("file", file)
    try write("start", Known(wrappedValue: start))
    try write("end", Known(wrappedValue: end))
    try write("hours", Known(wrappedValue: hours))
    try write("days", Known(wrappedValue: days))
    try write("gaps", gaps)
    try write("distinct", distinct)
    try write("success_rate_pct", Known(wrappedValue: successRatePct))
    try write("errors", errors)
    try write("quality", quality)
    try write("tokens", tokens)
    try write("realism", realism)
    try write("gini_customers", Known(wrappedValue: giniCustomers))
    try write("customers_without_calls", Known(wrappedValue: customersWithoutCalls))
    for group in groups { try write(group.name, group.rows) }
  }
}
