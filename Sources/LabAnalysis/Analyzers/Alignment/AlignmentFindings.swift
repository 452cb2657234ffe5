import LabCore
import LabJSON
import LabReport

/// What ``Alignment`` found. Statements are in whole cents; shares and sums of recorded cost are exact.
public struct AlignmentFindings: Encodable, Sendable {
  /// A line of a statement.
  public struct Line: JSONMembers, Sendable {
    /// usage, shared_cost, unused_commitment or invoice_difference.
    public var kind: String
    /// What is charged, for lines that are no usage: the id of a shared cost or commitment, or provider and month.
    @Known public var item: String?
    @Known public var productId: String?
    @Known public var featureId: String?
    @Known public var provider: String?
    @Known public var model: String?
    @Known public var calls: Int64?
    @Known public var tokens: Int64?
    /// Whole cents.
    public var amountUsd: Money

    public func writeMembers(into writer: inout JSONWriter) {
      writer.member("kind", kind)
      writer.member("item", item)
      writer.member("product_id", productId)
      writer.member("feature_id", featureId)
      writer.member("provider", provider)
      writer.member("model", model)
      writer.member("calls", calls)
      writer.member("tokens", tokens)
      writer.member("amount_usd", amountUsd)
    }
  }

  /// What one organization is charged for the period.
  public struct Statement: Encodable, Sendable {
    public var organizationId: String
    public var totalUsd: Money
    public var lines: [Line]
  }

  /// A pool that is shared out beside the calls.
  public struct Pool: Encodable, Sendable {
    public var kind: String
    public var item: String
    /// What it is shared by, in words.
    public var key: String
    public var amountUsd: Money
    public var allocatedUsd: Money
    public var unallocatedUsd: Money
  }

  public struct Commitment: Encodable, Sendable {
    public var id: String
    public var hours: Int
    public var paidUsd: Money
    @Known public var utilisationPct: Double?
    public var unusedUsd: Money
  }

  /// A provider's invoice beside what was recorded.
  public struct Reconciliation: Encodable, Sendable {
    public var provider: String
    public var month: String
    public var recordedUsd: Money
    public var invoicedUsd: Money
    public var differenceUsd: Money
    @Known public var differencePct: Double?
    /// Days of the month that the data reach into, and that it has.
    public var coveredDays: Int
    public var monthDays: Int
  }

  /// The bill and what became of it.
  public struct Bill: Encodable, Sendable {
    public var usageUsd: Money
    public var sharedCostsUsd: Money
    public var unusedCommitmentsUsd: Money
    public var invoiceDifferencesUsd: Money
    public var totalUsd: Money
    public var allocatedUsd: Money
    public var unallocatedUsd: Money
  }

  public struct Figures: Encodable, Sendable {
    /// Of recorded cost, in percent with two places; those of all organizations sum to 100.
    @Known public var showbackPct: Double?
    @Known public var statementUsd: Money?
    public var usageUsd: Money
    public var sharedCostsUsd: Money
    public var unusedCommitmentsUsd: Money
    public var invoiceDifferencesUsd: Money
    @Known public var mixIndex: Double?
    @Known public var mixIndexLow: Double?
    @Known public var mixIndexHigh: Double?
    @Known public var modelFactor: Double?
    @Known public var sizeFactor: Double?
    @Known public var expectedUsd: Money?
    /// Of its own cost, what others' calls can be compared with, in percent.
    @Known public var comparedPct: Double?
    @Known public var tagCoveragePct: Double?
  }
  public typealias Row = GroupRow<Figures>

  /// An organization's recorded cost on one product.
  public struct ProductCost: Encodable, Sendable {
    public var organizationId: String
    public var productId: String
    public var calls: Int64
    public var costUsd: Money
  }

  public struct Tag: Encodable, Sendable {
    public var tag: String
    public var calls: Int64
    public var costUsd: Money
    @Known public var coveragePct: Double?
  }

  @Known public var start: Instant?
  @Known public var end: Instant?
  public var days: Double
  public var totalCalls: Int64
  @Known public var totalCostUsd: Money?
  @Known public var bill: Bill?
  public var statements: [Statement]
  public var pools: [Pool]
  public var commitmentsHeld: [Commitment]
  public var reconciliation: [Reconciliation]
  public var byOrganization: [Row]?
  public var organizationProducts: [ProductCost]
  public var requiredTags: [String]
  public var tagCoverage: [Tag]
  @Known public var tagCoveragePct: Double?
  var abstentions: [Abstention]

  var monthsPerWindow: Double? { days >= 7 ? Understanding.daysPerMonth / days : nil }

  private enum CodingKeys: String, CodingKey {
    case start, end, days, totalCalls, totalCostUsd, bill, statements, pools, commitmentsHeld, reconciliation
    case byOrganization, organizationProducts, requiredTags, tagCoverage, tagCoveragePct
  }
}
