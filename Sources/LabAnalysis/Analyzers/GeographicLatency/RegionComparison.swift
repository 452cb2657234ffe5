import LabCore
import LabPrices
import LabReport
import LabTable

/// Sums of durations by region, provider and model, length of answer and unit of days, and what they say at equal length.
struct RegionComparison {
  private let cube: LatencyCube
  private let plan: LatencyPlan
  private let pairNames: [(provider: String, model: String)]

  /// Rule 3 and the design: calls in each cell that is compared.
  static let minimumCalls = 200.0
  /// How much faster the other must be to matter while the promise is kept.
  static let leastAdvantage = 0.1

  private typealias Lane = LatencyCube.Lane

  /// Nil when calls aren't told apart by model, region and length.
  init?(_ cells: LatencyCells) {
    guard let joint = cells.joint else { return nil }
    cube = joint
    plan = cells.plan
    pairNames = cells.pairNames
  }

  private func side(_ chosen: [Int]) -> StandardisedMeans.Side {
    var side = StandardisedMeans.Side(strata: LatencyStratum.lengths.count, units: cube.units)
    for cell in chosen {
      let stratum = cube.code(.stratum, of: cell)
      guard LatencyStratum.lengths.contains(stratum) else { continue }
      let index = stratum - LatencyStratum.lengths.lowerBound
      for unit in 0..<cube.units {
        let sum = cube.sums[unit * cube.cells + cell]
        // Whole microseconds: exact in any order.
        side.sums[index][unit] += Double(sum.lanes[Lane.latency])
        side.counts[index][unit] += Double(sum.calls)
      }
    }
    side.sums = side.sums.map { units in units.map { $0 / 1000 } }
    return side
  }

  // MARK: Against all

  /// Time at equal length of the cells of each group against all calls.
  func standing(groups: Int, of group: (_ region: Int, _ provider: Int) -> Int) -> [StandardisedMeans?] {
    var members = [[Int]](repeating: [], count: groups)
    for cell in 0..<cube.cells {
      let pair = cube.code(.pair, of: cell)
      members[group(cube.code(.region, of: cell), plan.pairs.codes[pair].provider)].append(cell)
    }
    let all = side(Array(0..<cube.cells))
    return members.map { StandardisedMeans(side($0), all, least: Self.minimumCalls) }
  }

  // MARK: Within a class

  /// One model of a region with all that is compared.
  private struct Place {
    var region: Int
    var pair: Int
    var modelClass: String
    var calls: Int64
    var input: Int64
    var output: Int64
    /// As recorded; nil where the file has no costs.
    var cost: Money?
    var side: StandardisedMeans.Side
  }

  private func places(_ prices: PriceBook, hasCost: Bool) -> [Place] {
    let classes = pairNames.map { name in
      prices.index(provider: name.provider, model: name.model).flatMap { prices.models[$0].modelClass }
    }
    var members: [Int: [Int]] = [:]
    for cell in 0..<cube.cells {
      let place = cube.code(.region, of: cell) * plan.size(.pair) + cube.code(.pair, of: cell)
      members[place, default: []].append(cell)
    }
    return members.keys.sorted().compactMap { place in
      let (region, pair) = (place / plan.size(.pair), place % plan.size(.pair))
      guard let modelClass = classes[pair], let own = members[place] else { return nil }
      var sums = CallSums()
      for cell in own {
        for unit in 0..<cube.units { sums += cube.sums[unit * cube.cells + cell] }
      }
      guard Double(sums.calls) >= Self.minimumCalls else { return nil }
      return Place(
        region: region, pair: pair, modelClass: modelClass, calls: sums.calls, input: sums.lanes[Lane.input],
        output: sums.lanes[Lane.output], cost: hasCost ? Money(nanodollars: sums.lanes[Lane.cost]) : nil,
        side: side(own))
    }
  }

  /// All comparisons between models of one class of different providers in one region: how many, and those in which the
  /// other is faster beyond chance, corrected over all of them.
  func comparisons(
    _ calls: CallTable, prices: PriceBook, slaMilliseconds: Double, end: Instant?, days: Double
  ) -> (made: Int, faster: [GeographicFindings.Comparison]) {
    let places = places(prices, hasCost: calls.hasRecordedCosts)
    var found: [(own: Place, other: Place, means: StandardisedMeans)] = []
    for own in places {
      for other in places
      where other.region == own.region && other.modelClass == own.modelClass
        && plan.pairs.codes[other.pair].provider != plan.pairs.codes[own.pair].provider
      {
        guard let means = StandardisedMeans(own.side, other.side, least: Self.minimumCalls) else { continue }
        found.append((own, other, means))
      }
    }
    let regions = calls.dictionary(.region)
    let rejected = Multiplicity.holm(found.map(\.means.pValue), level: ErrorBudget.familyLevel)
    let faster = zip(found, rejected).filter(\.1).map { entry, _ -> GeographicFindings.Comparison in
      let (own, other, means) = entry
      let (ownName, otherName) = (pairNames[own.pair], pairNames[other.pair])
      let isApart = means.interval.high < 1
      let matters = means.ratio <= 1 - Self.leastAdvantage || means.first > slaMilliseconds
      return .init(
        region: regions[UInt32(own.region)], modelClass: own.modelClass, provider: ownName.provider,
        model: ownName.model, calls: own.calls, otherProvider: otherName.provider, otherModel: otherName.model,
        meanLatencyMs: means.first, otherMeanLatencyMs: means.first * means.ratio, ratio: means.ratio,
        interval: means.interval, pValue: means.pValue, changeMs: means.first * (means.ratio - 1),
        monthlyCostChangeUsd: change(own, other.pair, prices, at: end, days: days), reroute: isApart && matters)
    }.sorted {
      ($0.region, $0.provider, $0.model, $0.otherProvider, $0.otherModel)
        < ($1.region, $1.provider, $1.model, $1.otherProvider, $1.otherModel)
    }
    return (found.count, faster)
  }

  /// What a place's tokens cost a month at another model's prices, all taken as uncached there, at the row in force at the
  /// window's end, less what was paid for them: the least that a change can save. Without recorded costs both sides are
  /// taken so.
  private func change(_ place: Place, _ other: Int, _ prices: PriceBook, at end: Instant?, days: Double) -> Money? {
    guard let end, days >= Understanding.minimumDays else { return nil }
    func cost(_ pair: Int) -> Double? {
      let name = pairNames[pair]
      let input = place.calls > 0 ? place.input / place.calls : 0
      guard let model = prices.index(provider: name.provider, model: name.model),
        let rates = prices.rates(of: model, at: end, tier: .standard, input: input),
        let inputPrice = rates.contractedDollarsPerMillion(of: .input),
        let outputPrice = rates.contractedDollarsPerMillion(of: .output)
      else { return nil }
      return (Double(place.input) * inputPrice + Double(place.output) * outputPrice) / 1e6
    }
    guard let own = place.cost?.dollars ?? cost(place.pair), let theirs = cost(other) else { return nil }
    return Money(approximating: (theirs - own) * Understanding.daysPerMonth / days)
  }
}
