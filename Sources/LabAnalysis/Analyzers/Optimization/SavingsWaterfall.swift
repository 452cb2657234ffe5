import LabCore
import LabPrices
import LabTable

/// What the same work would cost if bought better, step by step: eliminate, cache, batch, route, each applied to what the
/// former left, so that no dollar is saved twice.
///
/// The steps are whole nanodollars by cell: the baseline less all steps is the end exactly.
struct SavingsWaterfall: Sendable {
  enum Step: Int, CaseIterable, Sendable {
    case eliminate, cache, batch, route, commit

    var name: String {
      switch self {
      case .eliminate: "eliminate"
      case .cache: "cache"
      case .batch: "batch"
      case .route: "route"
      case .commit: "commit"
      }
    }
  }

  /// The calls of one cell on their way through the steps.
  struct Work: Sendable {
    let cell: MixCells.Cell
    /// At the latest prices, as the provider bills the calls.
    let baseline: Int64
    /// What is left to pay.
    var cost: Int64
    var tokens: TokenSums
    /// The tier at which the calls are bought.
    var tier: ServiceTier
    /// The number of the book's model that serves them.
    var model: Int
    /// By step, commitments apart.
    var saved = SIMD4<Int64>(repeating: 0)

    mutating func save(_ amount: Int64, at step: Step) {
      let amount = min(amount, cost)
      cost &-= amount
      saved[step.rawValue] &+= amount
    }
  }

  /// The ends of a step's range; equal to the saving where nothing is assumed.
  struct Range: Sendable {
    var low: Int64 = 0
    var high: Int64 = 0
  }

  /// Why a step can't be computed; nil for those that can.
  private(set) var reasons: [Step: String] = [:]
  private(set) var ranges: [Step: Range] = [:]
  private(set) var works: [Work] = []
  private(set) var switches: [ModelSwitch] = []
  /// Cells that the book can't price: outside of everything.
  private(set) var unpriced: [MixCells.Cell] = []

  let mix: MixCells
  let book: PriceBook

  init(_ mix: MixCells, _ book: PriceBook, _ calls: CallTable, _ settings: AnalyzerSettings, end: Instant?) {
    self.mix = mix
    self.book = book
    for cell in mix.cells {
      if let cost = mix.latestCost(cell) {
        works.append(
          Work(
            cell: cell, baseline: cost, cost: cost, tokens: cell.tokens, tier: cell.tier ?? .standard,
            model: mix.prices.slots[cell.latest].model))
      } else {
        unpriced.append(cell)
      }
    }
    eliminate(calls)
    cache(calls)
    batch(calls, settings)
    route(calls, end)
  }

  /// The sum of a step over all calls; nil where it can't be known.
  func saving(_ step: Step) -> Int64? {
    if reasons[step] != nil { return nil }
    return works.reduce(0) { $0 &+ $1.saved[step.rawValue] }
  }

  var baseline: Int64 { works.reduce(0) { $0 &+ $1.baseline } }
  /// What is left after all steps but commitments.
  var left: Int64 { works.reduce(0) { $0 &+ $1.cost } }

  /// Whether the calls of a work are still made.
  private func isMade(_ work: Work) -> Bool { !(work.cell.isFailed && reasons[.eliminate] == nil) }

  // MARK: Eliminate

  private mutating func eliminate(_ calls: CallTable) {
    guard calls.has(.status) || calls.has(.errorType) else {
      reasons[.eliminate] = "the data has no column 'status'"
      return
    }
    for index in works.indices where works[index].cell.isFailed { works[index].save(works[index].cost, at: .eliminate) }
    setExactRange(.eliminate)
  }

  private mutating func setExactRange(_ step: Step) {
    let sum = saving(step) ?? 0
    ranges[step] = Range(low: sum, high: sum)
  }

  // MARK: Cache

  /// Input that could have been read is read; for it to be there, something must have been written: as much per read token
  /// as the same model writes in the data, or, where it reads nothing yet, all uncached input that is left. The range goes
  /// from that to no further writes.
  private mutating func cache(_ calls: CallTable) {
    if let column = calls.missing([.cachedInputTokens, .cacheableInputTokens]).first {
      reasons[.cache] = "the data has no column '\(column.name)'"
      return
    }
    let written = writesPerRead()
    var range = Range()
    for index in works.indices where isMade(works[index]) && works[index].cell.cacheable > 0 {
      let work = works[index]
      let read = min(work.cell.cacheable, work.tokens[.input])
      let rest = work.tokens[.input] &- read
      let rates = mix.prices.slots[work.cell.latest].rates
      let before = rates.contractedCost(of: work.tokens)
      func saving(writing tokens: Int64) -> (amount: Int64, tokens: TokenSums) {
        var after = work.tokens
        after[.input] = rest &- tokens
        after[.cachedInput] &+= read
        after[.cacheWrite] &+= tokens
        return (max(0, min(work.cost, before &- rates.contractedCost(of: after))), after)
      }
      let likely = written[work.model].map { Int64(min(Double(rest), (Double(read) * $0).rounded())) } ?? rest
      let (amount, tokens) = saving(writing: likely)
      range.low &+= min(amount, saving(writing: rest).amount)
      range.high &+= max(amount, saving(writing: 0).amount)
      guard amount > 0 else { continue }
      works[index].tokens = tokens
      works[index].save(amount, at: .cache)
    }
    ranges[.cache] = range
  }

  /// Tokens written per token read, by the book's model, over the calls as they are; none where nothing is read.
  private func writesPerRead() -> [Int: Double] {
    var sums: [Int: (read: Int64, written: Int64)] = [:]
    for work in works {
      sums[work.model, default: (0, 0)].read &+= work.cell.tokens[.cachedInput]
      sums[work.model, default: (0, 0)].written &+= work.cell.tokens.written
    }
    return sums.compactMapValues { Ratio.of($0.written, $0.read) }
  }

  // MARK: Batch

  private mutating func batch(_ calls: CallTable, _ settings: AnalyzerSettings) {
    if let column = calls.missing([.featureID]).first {
      reasons[.batch] = "the data has no column '\(column.name)'"
      return
    }
    guard let waiting = settings.waitingFeatures else {
      reasons[.batch] = "no scenario says which features can wait"
      return
    }
    let features = calls.dictionary(.featureID)
    let codes = Set(waiting.compactMap { features.code(of: $0) })
    for index in works.indices where isMade(works[index]) && works[index].tier != .batch {
      let work = works[index]
      let least = mix.prices.bounds[work.cell.latest].leastInput
      guard codes.contains(work.cell.feature), let instant = book.latestPricedInstant(of: work.model),
        book.lists(.batch, of: work.model, at: instant, input: least),
        let batch = book.rates(of: work.model, at: instant, tier: .batch, input: least)
      else { continue }
      let own = mix.prices.slots[work.cell.latest].rates
      var sum: Int128 = 0
      for tokenClass in TokenClass.allCases {
        // A class without a batch price of its own keeps the price that it has: a fall-back is never a saving.
        let isListed = book.lists(tokenClass, at: .batch, of: work.model, on: instant, input: least)
        let rate = (isListed ? batch : own).contractedRate(of: tokenClass) ?? 0
        sum += Int128(work.tokens[tokenClass]) * rate
      }
      let amount = own.contractedCost(of: work.tokens) &- Int64(clamping: MixCells.nanodollars(sum))
      guard amount > 0 else { continue }
      works[index].tier = .batch
      works[index].save(amount, at: .batch)
    }
    setExactRange(.batch)
  }

  // MARK: Route

  private mutating func route(_ calls: CallTable, _ end: Instant?) {
    if let column = calls.missing([.provider, .model]).first {
      reasons[.route] = "the data has no column '\(column.name)'"
      return
    }
    guard works.isEmpty || works.contains(where: { book.models[$0.model].modelClass != nil }) else {
      reasons[.route] = "the price book has no classes of models"
      return
    }
    struct Group: Hashable {
      var feature: UInt32
      var model: Int
      var tier: ServiceTier
    }
    var groups: [Group: [Int]] = [:]
    for index in works.indices where isMade(works[index]) && works[index].cost > 0 {
      let work = works[index]
      groups[Group(feature: work.cell.feature, model: work.model, tier: work.tier), default: []].append(index)
    }
    let router = ModelRouter(book: book, end: end)
    var range = Range()
    let ordered = groups.sorted {
      ($0.key.feature, $0.key.model, $0.key.tier.rawValue) < ($1.key.feature, $1.key.model, $1.key.tier.rawValue)
    }
    for (group, indexes) in ordered {
      guard let found = router.best(for: indexes.map { works[$0] }, of: group.model, tier: group.tier) else { continue }
      let before = indexes.reduce(Int64(0)) { $0 &+ works[$1].cost }
      let after = indexes.map { router.cost(of: works[$0], at: found.rates, outputFactor: 1) }
      for (index, cost) in zip(indexes, after) {
        works[index].model = found.model
        // A part may cost more than before: the group as a whole moves.
        works[index].saved[Step.route.rawValue] &+= works[index].cost &- cost
        works[index].cost = cost
      }
      range.low &+= before &- found.high
      range.high &+= before &- found.low
      switches.append(
        ModelSwitch(
          feature: group.feature, from: group.model, to: found.model, tier: group.tier,
          calls: indexes.reduce(0) { $0 &+ works[$1].cell.calls }, before: before, after: after.reduce(0, &+),
          low: found.low, high: found.high))
    }
    switches.sort { ($1.before &- $1.after, $0.feature, $0.from) < ($0.before &- $0.after, $1.feature, $1.from) }
    ranges[.route] = range
  }
}
