import LabCore
import LabPrices

/// The hourly load that is left after the other steps, by the book's model, over whole days.
struct HourlyLoad: Sendable {
  /// Days since 1970 UTC.
  let days: Range<Int>
  /// By model number the nanodollars of each hour of ``days``.
  let byModel: [Int: [Int64]]

  static let hoursPerDay = 24

  /// Spreads what is left of each model over the hours in which its calls came; calls that were switched keep their hours.
  ///
  /// - Parameter days: the whole days of the window.
  init(_ hours: HourModelCells, _ waterfall: SavingsWaterfall, days: Range<Int>, failuresCount: Bool) {
    self.days = days
    // What is left, by the model that calls came on and the one that they go to.
    var left: [Int: [Int: Int64]] = [:]
    for work in waterfall.works where work.cost > 0 {
      let source = waterfall.mix.prices.slots[work.cell.latest].model
      left[source, default: [:]][work.model, default: 0] &+= work.cost
    }
    let count = days.count * Self.hoursPerDay
    var profiles: [Int: [Double]] = [:]
    var totals: [Int: Double] = [:]
    for hour in 0..<hours.hourCount {
      let place = hours.firstHour + hour - days.lowerBound * Self.hoursPerDay
      for cell in hours.cells(ofHour: hour) where failuresCount || !cell.isFailed {
        guard let model = hours.series[cell.series].slot?.model else { continue }
        let cost = hours.constantCost(of: cell).dollars
        totals[model, default: 0] += cost
        guard place >= 0, place < count else { continue }
        profiles[model, default: [Double](repeating: 0, count: count)][place] += cost
      }
    }
    var loads: [Int: [Double]] = [:]
    for (source, targets) in left.sorted(by: { $0.key < $1.key }) {
      guard let profile = profiles[source], let total = totals[source], total > 0 else { continue }
      for (target, amount) in targets.sorted(by: { $0.key < $1.key }) {
        let factor = Double(amount) / total
        var load = loads[target] ?? [Double](repeating: 0, count: count)
        for index in 0..<count { load[index] += profile[index] * factor }
        loads[target] = load
      }
    }
    byModel = loads.mapValues { $0.map { Int64($0.rounded()) } }
  }

  /// The load of several models together.
  func sum(_ models: some Sequence<Int>) -> [Int64] {
    var sum = [Int64](repeating: 0, count: days.count * Self.hoursPerDay)
    for model in models { for (index, load) in (byModel[model] ?? []).enumerated() { sum[index] &+= load } }
    return sum
  }
}

/// A commitment chosen on the first half of the days and judged on the second.
struct CommitmentPlan: Sendable {
  /// What it covers, in words.
  var scope: String
  var term: String
  /// The committed price over list price, as offered, and over what is paid without it.
  var listRatio: Double
  var ratio: Double
  /// Nanodollars an hour: the load level that is committed to, and the payment r·K*.
  var level: Int64
  var payment: Int64
  /// Of the second half: the saving, covered over all load, covered over committed.
  var saving: Double
  var coverage: Double?
  var utilisation: Double?
  /// Savings over the second half at other levels of the first: its mean and its peak.
  var mean: Int64
  var savingAtMean: Double
  var peak: Int64
  var savingAtPeak: Double
  /// The mean regret over resampled days of the second half, and its 80 % interval: what the best level for those days
  /// would have saved beyond K*, as a share of the load.
  var regret: Double?
  var regretInterval: Interval?
  /// Hours of the second half, and its load by falling size for the load duration curve.
  var hours: Int
  var duration: [Int64]
  /// The saving over all hours of the window, at the rate of the second half.
  var windowSaving: Double
  var models: [Int]

  /// Fewer days have neither two halves of two whole weeks nor enough hours to choose from.
  static let minimumDays = 28

  /// - Parameters:
  ///   - unit: nanodollars an hour that one unit pays; nil for any amount.
  ///   - minimum: the fewest units.
  ///   - windowHours: of the whole window.
  init?(
    scope: String, term: String, listRatio: Double, ratio: Double, loads: [Int64], unit: Int64?, minimum: Int64,
    windowHours: Double, models: [Int]
  ) {
    let days = loads.count / HourlyLoad.hoursPerDay
    guard days >= Self.minimumDays, ratio > 0, ratio < 1 else { return nil }
    let half = days / 2 * HourlyLoad.hoursPerDay
    let (first, second) = (Array(loads[..<half]), Array(loads[half...]))
    guard first.contains(where: { $0 > 0 }) else { return nil }
    let best = CommitmentChoice.level(for: first, ratio: ratio)
    var level = best
    if let unit, unit > 0 {
      // Whole units only: the better neighbour on the first half.
      let units = Int64((Double(best) * ratio / Double(unit)).rounded(.down))
      let choices = [units, units + 1].map { max($0, minimum) }.map { Int64(Double($0) * Double(unit) / ratio) }
      level =
        choices.max {
          CommitmentChoice.saving(of: $0, over: first, ratio: ratio)
            < CommitmentChoice.saving(of: $1, over: first, ratio: ratio)
        } ?? 0
      if CommitmentChoice.saving(of: level, over: first, ratio: ratio) <= 0 { level = 0 }
    }
    func saving(_ level: Int64) -> Double { CommitmentChoice.saving(of: level, over: second, ratio: ratio) }
    self.scope = scope
    self.term = term
    self.listRatio = listRatio
    self.ratio = ratio
    self.level = level
    payment = Int64((Double(level) * ratio).rounded())
    self.saving = saving(level)
    let covered = second.reduce(Int128(0)) { $0 + Int128(min($1, level)) }
    let total = second.reduce(Int128(0)) { $0 + Int128($1) }
    coverage = Ratio.of(Double(covered), Double(total))
    utilisation = Ratio.of(Double(covered), Double(level) * Double(second.count))
    mean = Int64(Double(first.reduce(Int128(0)) { $0 + Int128($1) }) / Double(first.count))
    savingAtMean = saving(mean)
    peak = first.max() ?? 0
    savingAtPeak = saving(peak)
    hours = second.count
    duration = second.sorted(by: >)
    windowSaving = self.saving * windowHours / Double(second.count)
    self.models = models
    (regret, regretInterval) = Self.regret(of: level, second, ratio: ratio)
  }

  /// How much more the best level for resampled days of the second half would have saved, as a share of their load.
  private static func regret(of level: Int64, _ hours: [Int64], ratio: Double) -> (Double?, Interval?) {
    let days = hours.count / HourlyLoad.hoursPerDay
    let sorted = hours.enumerated().map { (load: $0.element, day: $0.offset / HourlyLoad.hoursPerDay) }
      .sorted { ($1.load, $0.day) < ($0.load, $1.day) }
    var (sum, draws) = (0.0, 0)
    let interval = Bootstrap.interval(over: .days, count: days, level: 0.8) { timesDrawn in
      let best = CommitmentChoice.level(forSorted: sorted, timesDrawn: timesDrawn, ratio: ratio)
      var (more, load) = (0.0, 0.0)
      for hour in sorted where timesDrawn[hour.day] > 0 {
        let times = Double(timesDrawn[hour.day])
        let gain = Double(min(hour.load, best)) - Double(min(hour.load, level))
        more += times * (gain - ratio * (Double(best) - Double(level)))
        load += times * Double(hour.load)
      }
      guard let share = Ratio.of(max(0, more), load) else { return nil }
      sum += share
      draws += 1
      return share
    }
    return (interval == nil ? nil : Ratio.of(sum, Double(draws)), interval)
  }

  var breakEvenUtilisation: Double { ratio }
}

/// The commitments of a price book's offers, one scope per call, and what an offer would do where there is none.
struct CommitmentPlans: Sendable {
  private(set) var chosen: [CommitmentPlan] = []
  private(set) var whatIf: [CommitmentPlan] = []
  /// Why offers can't be judged.
  private(set) var reason: String?

  /// The ratio of the what-if: a usual one of clouds' yearly commitments, and the one that the lab's own checks use.
  static let whatIfRatio = 0.7

  init(_ load: HourlyLoad, _ book: PriceBook, windowHours: Double) {
    guard load.days.count >= CommitmentPlan.minimumDays else {
      reason =
        "a commitment needs \(CommitmentPlan.minimumDays) whole days, and there "
        + (load.days.count == 1 ? "is 1" : "are \(load.days.count)")
      return
    }
    var free = Set(load.byModel.keys)
    /// An offer for the models that no other has taken.
    func plan(_ offer: CommitmentOffer) -> CommitmentPlan? {
      let models = free.filter { Self.covers(offer, book.models[$0]) }.sorted()
      let paid = 1 - Double(book.terms(of: offer.provider).discountPartsPerMillion) / 1e6
      guard !models.isEmpty, paid > 0 else { return nil }
      return CommitmentPlan(
        scope: Self.name(offer), term: offer.term, listRatio: offer.ratio, ratio: offer.ratio / paid,
        loads: load.sum(models), unit: offer.unitPerHour.nanodollars, minimum: offer.minimumUnits,
        windowHours: windowHours, models: models)
    }
    var open = Array(book.commitments.enumerated())
    while !open.isEmpty {
      // The best for the first half goes first; what it covers is no other's.
      let plans = open.compactMap { index, offer in plan(offer).map { (index: index, plan: $0) } }
        .filter { $0.plan.level > 0 }
      guard
        let best = plans.max(by: { left, right in
          (left.plan.promise(load), right.index) < (right.plan.promise(load), left.index)
        })
      else { break }
      chosen.append(best.plan)
      free.subtract(best.plan.models)
      open.removeAll { $0.offset == best.index }
    }
    let providers = Set(free.map { book.models[$0].provider }).subtracting(book.commitments.map(\.provider)).sorted()
    whatIf = providers.compactMap { provider in
      let models = free.filter { book.models[$0].provider == provider }.sorted()
      return CommitmentPlan(
        scope: provider, term: "", listRatio: Self.whatIfRatio, ratio: Self.whatIfRatio, loads: load.sum(models),
        unit: nil, minimum: 0, windowHours: windowHours, models: models)
    }
  }

  private static func covers(_ offer: CommitmentOffer, _ model: PricedModel) -> Bool {
    switch offer.scope {
    case .provider(let provider): model.provider == provider
    case .model(let provider, let name):
      model.provider == provider && (model.model == name || model.aliases.contains(name))
    }
  }

  private static func name(_ offer: CommitmentOffer) -> String {
    switch offer.scope {
    case .provider(let provider): provider
    case .model(let provider, let model): "\(provider) / \(model)"
    }
  }
}

extension CommitmentPlan {
  /// What the plan saves in the half that it was chosen on.
  fileprivate func promise(_ load: HourlyLoad) -> Double {
    let loads = load.sum(models)
    let half = loads.count / HourlyLoad.hoursPerDay / 2 * HourlyLoad.hoursPerDay
    return CommitmentChoice.saving(of: level, over: loads[..<half], ratio: ratio)
  }
}
