import LabCore
import LabPrices
import LabTable

/// Which classes of model serve each feature, and the small calls that run on a dearer class than the feature's median call.
struct FeatureClasses {
  /// By feature code the class of its median call, calls ordered by the price of their class.
  private(set) var median: [UInt32: String] = [:]
  /// The dearest class of the models called; nil when classes can't be told apart.
  private(set) var dearest: String?
  private var classOfSlot: [String?] = []

  init(_ mix: MixCells, _ book: PriceBook?) {
    guard let book, !mix.prices.slots.isEmpty else { return }
    classOfSlot = mix.prices.slots.map { book.models[$0.model].modelClass }
    // The mean list price of a class over its models that were called, of one input and one output token.
    var models: [String: Set<Int>] = [:]
    var prices: [String: Double] = [:]
    for cell in mix.cells where cell.latest >= 0 {
      guard let name = classOfSlot[cell.latest] else { continue }
      let slot = mix.prices.slots[cell.latest]
      if models[name, default: []].insert(slot.model).inserted {
        let pair = [TokenClass.input, .output].compactMap { slot.rates.price(of: $0)?.dollarsPerMillion }
        prices[name, default: 0] += pair.reduce(0, +)
      }
    }
    let ranked = models.keys.map { (name: $0, price: prices[$0, default: 0] / Double(models[$0]?.count ?? 1)) }
      .sorted { $0.price == $1.price ? $0.name < $1.name : $0.price < $1.price }
    guard ranked.count > 1, let last = ranked.last, last.price > ranked[ranked.count - 2].price else { return }
    dearest = last.name
    var counts: [UInt32: [String: Int64]] = [:]
    for cell in mix.cells where cell.latest >= 0 {
      if let name = classOfSlot[cell.latest] { counts[cell.feature, default: [:]][name, default: 0] &+= cell.calls }
    }
    for (feature, byClass) in counts {
      let total = byClass.values.reduce(0, &+)
      guard total >= Int64(TokenEconomics.minimumForQuartiles) else { continue }
      var before: Int64 = 0
      for entry in ranked {
        before &+= byClass[entry.name] ?? 0
        if before >= (total &+ 1) / 2 {
          median[feature] = entry.name
          break
        }
      }
    }
  }

  /// The small calls on the dearest class, by feature and model, largest cost first.
  func simpleWork(_ mix: MixCells, _ calls: CallTable, _ book: PriceBook?) -> [TokenFindings.SimpleWork] {
    guard let dearest, let book, calls.has(.featureID) else { return [] }
    struct Place: Hashable {
      var feature: UInt32
      var provider: UInt32
      var model: UInt32
    }
    let found = Dictionary(
      grouping: mix.cells.filter {
        $0.isSmall && !$0.isFailed && $0.hasCost && $0.latest >= 0 && classOfSlot[$0.latest] == dearest
          && median[$0.feature].map { $0 != dearest } ?? false
      }, by: { Place(feature: $0.feature, provider: $0.provider, model: $0.model) })
    let list = found.map { place, cells -> TokenFindings.SimpleWork in
      let usual = median[place.feature] ?? ""
      let instead = usualModel(mix, feature: place.feature, inClass: usual)
      func cost(_ factor: Double) -> Money? {
        guard let instead else { return nil }
        let rates = mix.prices.slots[instead].rates
        return Money(
          nanodollars: cells.reduce(0) { sum, cell in
            // Another model has nothing in its cache.
            var tokens = TokenSums()
            tokens[.input] = cell.tokens.input
            tokens[.output] = Int64((Double(cell.tokens.output) * factor).rounded())
            return sum &+ rates.contractedCost(of: tokens)
          })
      }
      let model = instead.map { book.models[mix.prices.slots[$0].model] }
      return .init(
        featureId: calls.dictionary(.featureID)[place.feature], provider: calls.dictionary(.provider)[place.provider],
        model: calls.dictionary(.model)[place.model], dearestClass: dearest, medianClass: usual,
        calls: cells.reduce(0) { $0 &+ $1.calls }, costUsd: Money(nanodollars: cells.reduce(0) { $0 &+ $1.cost }),
        insteadProvider: model?.provider, insteadModel: model?.model, insteadUsd: cost(1),
        insteadLowUsd: cost(TokenEconomics.outputFactors.low), insteadHighUsd: cost(TokenEconomics.outputFactors.high))
    }
    return list.sorted {
      ($1.costUsd, $0.featureId, $0.provider, $0.model) < ($0.costUsd, $1.featureId, $1.provider, $1.model)
    }
  }

  /// The standard slot of the model of a class that a feature calls most.
  private func usualModel(_ mix: MixCells, feature: UInt32, inClass name: String) -> Int? {
    var counts: [Int: Int64] = [:]
    for cell in mix.cells where cell.feature == feature && cell.latest >= 0 && cell.tier == .standard {
      if classOfSlot[cell.latest] == name { counts[cell.latest, default: 0] &+= cell.calls }
    }
    let slots = mix.prices.slots
    return counts.max { left, right in
      // Of equally frequent ones the earlier in the book.
      (left.value, slots[right.key].model, right.key) < (right.value, slots[left.key].model, left.key)
    }?.key
  }
}
