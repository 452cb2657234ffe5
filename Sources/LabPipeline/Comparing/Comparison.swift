import LabAnalysis
import LabCore
import LabPrices
import LabReport

/// What changed from one run to another: every figure, every dimension, and what made the difference in cost.
public struct Comparison: Sendable {
  /// A figure on both sides.
  public struct Change: Sendable {
    public var name: String
    public var label: String
    public var unit: Unit
    /// Nil where the side doesn't know it.
    public var before: MetricValue?
    public var after: MetricValue?
    /// Over the seeds, when both sides have several.
    public var bandBefore: Interval?
    public var bandAfter: Interval?

    /// In the metric's unit; nil unless both sides know the figure.
    public var difference: Double? {
      if case .money(let old) = before, case .money(let new) = after { return new.subtracting(old)?.dollars }
      return before.flatMap { before in after.map { $0.double - before.double } }
    }
    /// Of the figure before; nil when that is zero or unknown.
    public var percent: Double? {
      difference.flatMap { difference in before.flatMap { Ratio.of(difference, abs($0.double)) } }.map { $0 * 100 }
    }
    /// Whether the bands of both sides share no value; nil without bands.
    public var isApart: Bool? { bandBefore.flatMap { old in bandAfter.map { old.isApart(from: $0) } } }
  }

  /// The cost of one value of a dimension on both sides.
  public struct Part: Sendable {
    public var label: String
    public var costBefore: Money
    public var costAfter: Money
    public var callsBefore: Int64
    public var callsAfter: Int64
    public var difference: Money { Money(nanodollars: costAfter.nanodollars &- costBefore.nanodollars) }
    public var percent: Double? { Ratio.changePercent(from: costBefore, to: costAfter) }
  }

  public struct Dimension: Sendable {
    public var name: String
    /// Largest change of cost first.
    public var parts: [Part]
  }

  public var before: ComparedSide
  public var after: ComparedSide
  /// Those in USD first, then the others, the largest change first in each.
  public var changes: [Change]
  public var dimensions: [Dimension]
  /// Price, volume and mix; nil when a side has no cube.
  public var decomposition: ChangeDecomposition?

  public init(of before: ComparedSide, and after: ComparedSide) {
    self.before = before
    self.after = after
    changes = Self.changes(before, after)
    dimensions = Self.dimensions(before, after)
    decomposition = Self.decomposition(before, after)
  }

  // MARK: Figures

  private static func changes(_ before: ComparedSide, _ after: ComparedSide) -> [Change] {
    let known = Dictionary(before.figures.map { ($0.name, $0) }) { first, _ in first }
    var names = Set<String>()
    let both = after.figures + before.figures
    let changes = both.compactMap { figure -> Change? in
      guard names.insert(figure.name).inserted else { return nil }
      let old = known[figure.name]
      let new = after.figures.first { $0.name == figure.name }
      return Change(
        name: figure.name, label: figure.label, unit: figure.unit, before: old?.value, after: new?.value,
        bandBefore: after.seeds == nil ? nil : before.seeds?.spread(of: figure.name)?.band,
        bandAfter: before.seeds == nil ? nil : after.seeds?.spread(of: figure.name)?.band)
    }
    // A change in USD weighs by its amount, any other by its share of what was; where nothing was, by being there at all.
    func weight(_ change: Change) -> Double {
      guard let difference = change.difference else { return -1 }
      return change.unit == .usd ? abs(difference) : abs(change.percent ?? (difference == 0 ? 0 : .infinity))
    }
    return changes.enumerated().sorted { left, right in
      let (first, second) = (left.element, right.element)
      if (first.unit == .usd) != (second.unit == .usd) { return first.unit == .usd }
      let (one, other) = (weight(first), weight(second))
      return one == other ? left.offset < right.offset : one > other
    }.map(\.element)
  }

  // MARK: Dimensions

  private static func dimensions(_ before: ComparedSide, _ after: ComparedSide) -> [Dimension] {
    guard let old = before.cube, let new = after.cube else { return [] }
    return RunCube.dimensionNames.filter { old.names.contains($0) && new.names.contains($0) }.map { name in
      var parts: [String: Part] = [:]
      func part(_ label: String) -> Part {
        parts[label]
          ?? Part(label: label, costBefore: .zero, costAfter: .zero, callsBefore: 0, callsAfter: 0)
      }
      for (labels, sums) in old.totals(by: [name]) {
        var entry = part(labels[0])
        (entry.costBefore, entry.callsBefore) = (sums.cost, sums.calls)
        parts[labels[0]] = entry
      }
      for (labels, sums) in new.totals(by: [name]) {
        var entry = part(labels[0])
        (entry.costAfter, entry.callsAfter) = (sums.cost, sums.calls)
        parts[labels[0]] = entry
      }
      let sorted = parts.values.sorted { left, right in
        let (one, other) = (left.difference.nanodollars.magnitude, right.difference.nanodollars.magnitude)
        return one == other ? left.label < right.label : one > other
      }
      return Dimension(name: name, parts: sorted)
    }
  }

  // MARK: Price, volume, mix

  /// The cells are provider × model × status × token class; a model's cost is split over the classes by what they cost in the
  /// side's price book, so that the parts sum to the cost exactly. Without prices on a side a model is one cell. Failed calls are
  /// cells of their own: tokens that nobody billed are no lower price.
  private static func decomposition(_ before: ComparedSide, _ after: ComparedSide) -> ChangeDecomposition? {
    guard let old = before.cube, let new = after.cube else { return nil }
    let keys = ["provider", "model", "status"].filter { old.names.contains($0) && new.names.contains($0) }
    var models: [[String]: (old: RunCube.Sums, new: RunCube.Sums)] = [:]
    for (labels, sums) in old.totals(by: keys) { models[labels, default: (.init(), .init())].old = sums }
    for (labels, sums) in new.totals(by: keys) { models[labels, default: (.init(), .init())].new = sums }
    if keys.isEmpty { models = [[]: (old.overall, new.overall)] }
    var cells: [ChangeDecomposition.Cell] = []
    for (labels, sums) in models {
      let costsBefore = classCosts(of: sums.old, labels, before.prices)
      let costsAfter = classCosts(of: sums.new, labels, after.prices)
      guard let costsBefore, let costsAfter else {
        cells.append(
          .init(
            quantityBefore: sums.old.totalTokens, costBefore: sums.old.cost, quantityAfter: sums.new.totalTokens,
            costAfter: sums.new.cost))
        continue
      }
      for index in sums.old.tokens.indices {
        cells.append(
          .init(
            quantityBefore: sums.old.tokens[index], costBefore: costsBefore[index],
            quantityAfter: sums.new.tokens[index], costAfter: costsAfter[index]))
      }
    }
    return ChangeDecomposition(of: cells)
  }

  /// The cost of each token class of a model; nil when the book doesn't price it.
  private static func classCosts(of sums: RunCube.Sums, _ labels: [String], _ book: PriceBook?) -> [Money]? {
    if sums.calls == 0 { return sums.tokens.map { _ in .zero } }
    guard labels.count >= 2, let book, let index = book.index(provider: labels[0], model: labels[1]),
      let instant = book.latestPricedInstant(of: index),
      let rates = book.rates(of: index, at: instant, tier: .standard, input: 0)
    else { return nil }
    let products = TokenClass.allCases.map { tokenClass -> UInt128 in
      let tokens = UInt128(max(0, sums.tokens[Int(tokenClass.rawValue)]))
      return tokens * UInt128((rates.price(of: tokenClass) ?? .zero).halfFemtodollars.magnitude)
    }
    // Weights are 64 bits wide; what is lost of them is far below their ratio's ninth digit.
    var shift = 0
    while let largest = products.max(), largest >> UInt128(shift) > UInt128(UInt64.max) { shift += 1 }
    let weights = products.map { UInt64(truncatingIfNeeded: $0 >> UInt128(shift)) }
    guard weights.contains(where: { $0 > 0 }) || sums.cost == .zero else { return nil }
    return sums.cost.allocated(over: weights)
  }
}

extension LabEnvironment {
  /// Compares two runs or data files.
  ///
  /// - Parameters:
  ///   - before: `@-1`, a run's number or folder, `baseline`, or a usage CSV.
  ///   - after: as `before`.
  public func compare(_ before: String, _ after: String, memory: [KeptRun] = []) throws(LabFailure) -> Comparison {
    let first = try comparedSide(before, memory: memory)
    return Comparison(of: first, and: try comparedSide(after, memory: memory))
  }
}
