import LabCore

/// How a customer's bill of a month comes about: a fee, and what its use adds to it. Everything is linear but for what a
/// fee includes and the steps; nothing is rounded up to blocks.
///
/// bill = fee + fee of the step + calls beyond the included × price + tokens × price + credits beyond the included × price
/// + cost × (1 + markup).
public struct PricingModel: Hashable, Sendable {
  /// The fee of a month with at most so many calls.
  public struct Step: Hashable, Sendable {
    /// Nil for the last, without a limit.
    public var upToCalls: Double?
    public var fee: Money

    public init(upToCalls: Double?, fee: Money) {
      self.upToCalls = upToCalls
      self.fee = fee
    }
  }

  /// Credits that calls and tokens use up.
  public struct Credits: Hashable, Sendable {
    public var price: Money
    public var perThousandCalls: Double
    public var perMillionInputTokens: Double
    public var perMillionOutputTokens: Double
    /// Those of a month that the fee includes.
    public var included: Double

    public init(
      price: Money = .zero, perThousandCalls: Double = 0, perMillionInputTokens: Double = 0,
      perMillionOutputTokens: Double = 0, included: Double = 0
    ) {
      self.price = price
      self.perThousandCalls = perThousandCalls
      self.perMillionInputTokens = perMillionInputTokens
      self.perMillionOutputTokens = perMillionOutputTokens
      self.included = included
    }
  }

  /// The name, such as `hybrid`.
  public var id: String
  public var monthlyFee: Money
  public var perThousandCalls: Money
  /// Calls of a month that the fee includes.
  public var includedCalls: Double
  public var perMillionInputTokens: Money
  public var perMillionOutputTokens: Money
  public var credits: Credits
  /// What is added to the recorded cost, in percent of it; nil when the bill has no part for cost.
  public var markupPercent: Double?
  /// By rising limits, the one without limit last; a month beyond all limits pays the last.
  public var steps: [Step]

  public init(
    id: String, monthlyFee: Money = .zero, perThousandCalls: Money = .zero, includedCalls: Double = 0,
    perMillionInputTokens: Money = .zero, perMillionOutputTokens: Money = .zero, credits: Credits = Credits(),
    markupPercent: Double? = nil, steps: [Step] = []
  ) {
    self.id = id
    self.monthlyFee = monthlyFee
    self.perThousandCalls = perThousandCalls
    self.includedCalls = includedCalls
    self.perMillionInputTokens = perMillionInputTokens
    self.perMillionOutputTokens = perMillionOutputTokens
    self.credits = credits
    self.markupPercent = markupPercent
    self.steps = steps.sorted { ($0.upToCalls ?? .infinity) < ($1.upToCalls ?? .infinity) }
  }

  private static func dollars(_ count: Int64) -> Money { Money(nanodollars: count * Money.nanodollarsPerDollar) }

  /// The three that every comparison has beside today's tiers: USD 100 per 1,000 calls; 49 up to 1,000 calls a month, 199
  /// up to 10,000, 999 beyond; 99 and 50 per 1,000 calls above 5,000.
  public static let standard = [
    PricingModel(id: "usage_based", perThousandCalls: dollars(100)),
    PricingModel(
      id: "tiered",
      steps: [
        .init(upToCalls: 1000, fee: dollars(49)), .init(upToCalls: 10_000, fee: dollars(199)),
        .init(upToCalls: nil, fee: dollars(999)),
      ]),
    PricingModel(id: "hybrid", monthlyFee: dollars(99), perThousandCalls: dollars(50), includedCalls: 5000),
  ]

  /// The standard models, each replaced by a given one of the same name, then the other given ones.
  static func compared(with given: [PricingModel]) -> [PricingModel] {
    standard.map { own in given.first { $0.id == own.id } ?? own }
      + given.filter { model in !standard.contains { $0.id == model.id } && model.id != "flat" }
  }

  /// Whether a month's bill needs tokens, which calls alone don't give.
  var needsTokens: Bool {
    perMillionInputTokens != .zero || perMillionOutputTokens != .zero || hasTokenCredits
  }
  private var hasTokenCredits: Bool {
    credits.price != .zero && (credits.perMillionInputTokens > 0 || credits.perMillionOutputTokens > 0)
  }
  /// Whether included credits bend the bill.
  var hasCreditKink: Bool { credits.price != .zero && credits.included > 0 }
  /// Whether the bill of a mean month isn't the mean bill.
  var isBent: Bool { !steps.isEmpty || includedCalls > 0 && perThousandCalls != .zero || hasCreditKink }

  /// The credits of a use.
  func credits(_ use: MonthlyUse) -> Double {
    use.calls / 1000 * credits.perThousandCalls + use.inputTokens / 1e6 * credits.perMillionInputTokens
      + use.outputTokens / 1e6 * credits.perMillionOutputTokens
  }

  /// The part of a month's bill that is linear in use, in USD.
  func linearBill(_ use: MonthlyUse) -> Double {
    var bill = monthlyFee.dollars
    if includedCalls == 0 { bill += use.calls / 1000 * perThousandCalls.dollars }
    bill += use.inputTokens / 1e6 * perMillionInputTokens.dollars
    bill += use.outputTokens / 1e6 * perMillionOutputTokens.dollars
    if credits.included == 0 { bill += credits(use) * credits.price.dollars }
    if let markupPercent { bill += use.cost * (1 + markupPercent / 100) }
    return bill
  }

  /// The rest of a month's bill: steps, and what goes beyond included calls and credits.
  func bentBill(calls: Double, credits used: Double) -> Double {
    var bill = 0.0
    if let step = steps.first(where: { calls <= $0.upToCalls ?? .infinity }) ?? steps.last { bill += step.fee.dollars }
    if includedCalls > 0 { bill += max(0, calls - includedCalls) / 1000 * perThousandCalls.dollars }
    if credits.included > 0 { bill += max(0, used - credits.included) * credits.price.dollars }
    return bill
  }
}

/// What a customer uses in a month of its subscription.
struct MonthlyUse: Sendable {
  /// Successful calls.
  var calls = 0.0
  /// Of successful calls.
  var inputTokens = 0.0
  var outputTokens = 0.0
  /// Recorded cost in USD, failed calls included.
  var cost = 0.0
}
