import LabCore
import LabPrices
import LabTable

/// Sums of calls by all that decides on their price and on how else they could be bought: feature, provider, model, service
/// tier, outcome, whether the answer was cut off or the call small, the price in force and the latest price.
///
/// All calls of a cell pay the same rates, so that costs at any prices are products of a cell's token sums, exact in 128
/// bits. Ledger, cache economics, repricing and every step of the savings waterfall are sums over cells.
struct MixCells: Sendable {
  /// Calls of fewer tokens, input and output together, are small.
  static let smallTokens: Int64 = 200

  /// What is summed.
  enum Lane {
    static let calls = 0
    static let cost = 1
    /// The first of the six token classes, in the order of ``TokenClass``.
    static let classes = 2
    /// Input that a prefix cache would have held beyond what was read from one.
    static let cacheable = 8
    /// Cost at the latest prices, rounded call by call, where those prices are no whole nanodollars per token.
    static let latestCost = 9
    static let callsWithoutTokens = 10
    static let callsWithoutCacheable = 11
  }

  /// The calls of one combination.
  struct Cell: Sendable {
    var feature: UInt32
    var provider: UInt32
    var model: UInt32
    /// Nil for a word that is no tier.
    var tier: ServiceTier?
    /// As the price book bills it.
    var outcome: CallOutcome
    var isFailed: Bool
    /// Whether the answer ended at the limit of its length.
    var isTruncated: Bool
    var isSmall: Bool
    /// Whether the calls have a recorded cost.
    var hasCost: Bool
    /// The slot in force, and that of the latest price row; -1 where the book can't price the calls.
    var slot: Int
    var latest: Int
    var sums: SIMD16<Int64>
    /// The most tokens of a call, input and output together, and the most output.
    var largest: SIMD2<Int64>

    var calls: Int64 { sums[Lane.calls] }
    /// Recorded.
    var cost: Int64 { sums[Lane.cost] }
    var cacheable: Int64 { sums[Lane.cacheable] }
    /// Tokens by class.
    var tokens: TokenSums { TokenSums { sums[Lane.classes + $0] } }
  }

  /// Sorted by codes, so that nothing depends on threads.
  let cells: [Cell]
  let prices: PriceIndex

  /// The aggregate of a context's calls, made at most once.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> MixCells {
    try context.shared.value("mix_cells") { () throws(AnalysisError) in
      let scan = try context.pass(request(calls, in: context), over: calls)
      return MixCells(cells: scan.cells, prices: prices(calls, context))
    }
  }

  /// The pass over the calls.
  static func request(_ calls: CallTable, in context: AnalysisContext) -> ScanRequest<MixScan> {
    let prices = prices(calls, context)
    return ScanRequest(key: "mix_cells", columns: MixScan.columns) { MixScan(calls, prices) }
  }

  private static func prices(_ calls: CallTable, _ context: AnalysisContext) -> PriceIndex {
    context.prices.flatMap { PriceIndex($0, calls) } ?? PriceIndex()
  }
}

/// Tokens by class, in the order of ``TokenClass``.
struct TokenSums: Hashable, Sendable {
  var classes = SIMD8<Int64>(repeating: 0)

  init() {}

  init(_ value: (Int) -> Int64) {
    for index in 0..<PricedTokens.classCount { classes[index] = value(index) }
  }

  subscript(tokenClass: TokenClass) -> Int64 {
    get { classes[Int(tokenClass.rawValue)] }
    set { classes[Int(tokenClass.rawValue)] = newValue }
  }

  static func += (left: inout TokenSums, right: TokenSums) { left.classes &+= right.classes }

  var input: Int64 { classes[0] &+ classes[1] &+ classes[2] &+ classes[3] }
  var written: Int64 { classes[2] &+ classes[3] }
  /// Reasoning included.
  var output: Int64 { classes[4] &+ classes[5] }
  var total: Int64 { input &+ output }

  /// Those that are billed by a rule.
  func billed(_ rule: ErrorBilling.Rule) -> TokenSums {
    switch rule {
    case .full: self
    case .input: TokenSums { $0 < 4 ? classes[$0] : 0 }
    case .free: TokenSums()
    }
  }
}
