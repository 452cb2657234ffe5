import LabCore
import LabPrices

/// The changes of prices within the window, from the rows of the price book, for models that were called.
struct PriceChange: Sendable {
  var provider: String
  var model: String
  var at: Instant
  /// USD per million tokens, contracted; nil where the row has no price of its own before or after.
  var inputBefore: Double?
  var inputAfter: Double?
  var outputBefore: Double?
  var outputAfter: Double?
  /// What the tokens since the change cost more than at the prices before it; negative for less. Nil for a change that
  /// another one followed.
  var effect: Money?

  /// By time, then provider and model.
  static func all(
    _ cells: HourModelCells, _ book: PriceBook, _ window: ClosedRange<Instant>
  ) -> [PriceChange] {
    var seriesOfModel: [Int: [Int]] = [:]
    for (index, series) in cells.series.enumerated() {
      if let slot = series.slot { seriesOfModel[slot.model, default: []].append(index) }
    }
    var called = Set<Int>()
    for cell in cells.cells where cell.calls > 0 { called.insert(cell.series) }
    var changes: [PriceChange] = []
    for (model, series) in seriesOfModel where series.contains(where: { called.contains($0) }) {
      let rows = book.models[model].rows
      let inside = rows.compactMap(\.from).filter { $0 > window.lowerBound && $0 <= window.upperBound }
      for at in inside {
        let before = Instant(microseconds: at.microseconds - 1)
        guard let old = book.rates(of: model, at: before, tier: .standard, input: 0),
          let new = book.rates(of: model, at: at, tier: .standard, input: 0)
        else { continue }
        changes.append(
          PriceChange(
            provider: book.models[model].provider, model: book.models[model].model, at: at,
            inputBefore: old.contractedDollarsPerMillion(of: .input),
            inputAfter: new.contractedDollarsPerMillion(of: .input),
            outputBefore: old.contractedDollarsPerMillion(of: .output),
            outputAfter: new.contractedDollarsPerMillion(of: .output),
            effect: at == inside.last ? effect(of: at, before, Set(series), cells, book, model) : nil))
      }
    }
    return changes.sorted { ($0.at, $0.provider, $0.model) < ($1.at, $1.provider, $1.model) }
  }

  /// The tokens of the hours from a change on, at the last prices less at those before the change.
  private static func effect(
    of at: Instant, _ before: Instant, _ series: Set<Int>, _ cells: HourModelCells, _ book: PriceBook, _ model: Int
  ) -> Money? {
    var old: [Int: CallRates] = [:]
    for index in series {
      guard let slot = cells.series[index].slot else { continue }
      old[index] = book.rates(of: model, at: before, tier: slot.tier, input: slot.leastInput)
    }
    var sum: Int64 = 0
    let first = max(0, at.hour - cells.firstHour)
    guard first < cells.hourCount else { return .zero }
    for cell in cells.cells[cells.starts[first]...] where series.contains(cell.series) {
      guard let rates = old[cell.series],
        let usual = HourModelCells.Series.cost(of: cell.lanes, at: rates)
      else { return nil }
      sum &+= cells.constantCost(of: cell).nanodollars &- usual.nanodollars
    }
    return Money(nanodollars: sum)
  }
}
