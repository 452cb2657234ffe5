import LabCore
import LabReport
import LabTable

/// Which models are faster or cheaper beyond what days vary by.
///
/// Time at equal length is indirectly standardised: a model's time over the time that all models together take for answers
/// of the same lengths in the same regions (Rothman, "Modern Epidemiology" (2008), chapter 4). Intervals resample days.
struct ModelComparison {
  /// A figure with its interval.
  struct Estimate {
    var value: Double
    var interval: Interval?
    /// By unit of days.
    var tops: [Double]
    var bottoms: [Double]
  }

  /// By pair.
  private(set) var times: [Int: Estimate] = [:]
  private(set) var prices: [Int: Estimate] = [:]
  private let cells: LatencyCells

  /// Rule 3 of the analyzers: calls of a model that is compared.
  static let minimumCalls: Int64 = 1000
  /// Models that intervals are made for, the largest by calls: a page shows fewer.
  static let mostModels = 40
  /// How much better than the next the best must be to matter.
  static let leastAdvantage = 0.1

  private typealias Lane = LatencyCube.Lane

  init(_ cells: LatencyCells) {
    self.cells = cells
    guard let cube = cells.joint, let sums = cells.sums(by: .pair) else { return }
    let regions = cells.plan.size(.region)
    let chosen = sums.indices.filter { sums[$0].calls >= Self.minimumCalls }
      .sorted { (sums[$1].calls, $0) < (sums[$0].calls, $1) }.prefix(Self.mostModels)
    // The mean time of all models by length and region.
    var means = [(time: Int64, calls: Int64)](repeating: (0, 0), count: LatencyStratum.count * regions)
    var places = [Int](repeating: -1, count: cube.cells)
    for cell in 0..<cube.cells where LatencyStratum.lengths.contains(cube.code(.stratum, of: cell)) {
      let place = cube.code(.stratum, of: cell) * regions + cube.code(.region, of: cell)
      places[cell] = place
      for unit in 0..<cube.units {
        let sum = cube.sums[unit * cube.cells + cell]
        means[place].time &+= sum.lanes[Lane.latency]
        means[place].calls &+= sum.calls
      }
    }
    var cellsOf: [Int: [Int]] = [:]
    for cell in 0..<cube.cells { cellsOf[cube.code(.pair, of: cell), default: []].append(cell) }
    // Floats are summed by length and the region's name, so that the order of a file's rows doesn't matter.
    let names = cells.regionNames
    for pair in chosen {
      cellsOf[pair]?.sort {
        let (left, right) = (cube.code(.region, of: $0), cube.code(.region, of: $1))
        return (cube.code(.stratum, of: $0), names[left], $0) < (cube.code(.stratum, of: $1), names[right], $1)
      }
    }
    for pair in chosen {
      var time = (tops: [Double](repeating: 0, count: cube.units), bottoms: [Double](repeating: 0, count: cube.units))
      var price = time
      for unit in 0..<cube.units {
        var (cost, tokens) = (Int64(0), Int64(0))
        defer {
          price.tops[unit] = Double(cost) / 1000
          price.bottoms[unit] = Double(tokens)
        }
        for cell in cellsOf[pair] ?? [] {
          let sum = cube.sums[unit * cube.cells + cell]
          cost &+= sum.lanes[Lane.cost]
          tokens &+= sum.lanes[Lane.input] &+ sum.lanes[Lane.output]
          guard places[cell] >= 0 else { continue }
          let mean = means[places[cell]]
          time.tops[unit] += Double(sum.lanes[Lane.latency])
          time.bottoms[unit] += Double(sum.calls) * (Ratio.of(mean.time, mean.calls) ?? 0)
        }
      }
      times[pair] = Self.estimate(time.tops, time.bottoms)
      prices[pair] = Self.estimate(price.tops, price.bottoms)
    }
  }

  private static func estimate(_ tops: [Double], _ bottoms: [Double]) -> Estimate? {
    guard let value = Ratio.of(tops.reduce(0, +), bottoms.reduce(0, +)), value > 0 else { return nil }
    let interval = Bootstrap.ratio(
      over: .days, numerators: tops, denominators: bottoms, level: Understanding.intervalLevel)
    return Estimate(value: value, interval: interval, tops: tops, bottoms: bottoms)
  }

  // MARK: Best

  /// The best for fast, cheap and balanced work, each only where its interval lies apart from all others.
  func best(rows: [PerformanceFindings.ModelRow]) -> [PerformanceFindings.Best] {
    [best("fast", times), best("cheap", prices), best("balanced", balanced)]
  }

  /// The geometric mean of time and price: a tenth off either counts the same.
  private var balanced: [Int: Estimate] {
    var result: [Int: Estimate] = [:]
    for (pair, time) in times {
      guard let price = prices[pair] else { continue }
      let interval = Bootstrap.interval(over: .days, count: time.tops.count, level: Understanding.intervalLevel) {
        drawn in
        var sums = (0.0, 0.0, 0.0, 0.0)
        for unit in drawn.indices where drawn[unit] > 0 {
          let times = Double(drawn[unit])
          sums.0 += times * time.tops[unit]
          sums.1 += times * time.bottoms[unit]
          sums.2 += times * price.tops[unit]
          sums.3 += times * price.bottoms[unit]
        }
        guard let first = Ratio.of(sums.0, sums.1), let second = Ratio.of(sums.2, sums.3) else { return nil }
        return (first * second).squareRoot()
      }
      result[pair] = Estimate(
        value: (time.value * price.value).squareRoot(), interval: interval, tops: [], bottoms: [])
    }
    return result
  }

  private func best(_ kind: String, _ estimates: [Int: Estimate]) -> PerformanceFindings.Best {
    let ordered = estimates.sorted { ($0.value.value, $0.key) < ($1.value.value, $1.key) }
    func none(_ reason: String) -> PerformanceFindings.Best {
      .init(
        kind: kind, provider: nil, model: nil, value: nil, interval: nil, runnerUp: nil, noneBecause: reason)
    }
    guard ordered.count > 1 else { return none("fewer than two models have 1,000 calls with all figures") }
    guard let interval = ordered[0].value.interval else { return none("an interval needs at least seven days") }
    let first = name(ordered[0].key)
    let next = name(ordered[1].key)
    for other in ordered.dropFirst() {
      guard let theirs = other.value.interval else { return none("an interval needs at least seven days") }
      if interval.high >= theirs.low {
        return none("\(first.label) and \(name(other.key).label) differ by no more than their days vary")
      }
    }
    guard ordered[0].value.value <= (1 - Self.leastAdvantage) * ordered[1].value.value else {
      return none("\(first.label) is less than a tenth ahead of \(next.label)")
    }
    return .init(
      kind: kind, provider: first.provider, model: first.model, value: ordered[0].value.value, interval: interval,
      runnerUp: next.label, noneBecause: nil)
  }

  private func name(_ pair: Int) -> (provider: String, model: String, label: String) {
    let texts = cells.pairNames[pair]
    return (texts.provider, texts.model, "\(texts.provider) / \(texts.model)")
  }
}

/// How near a model is to the frontier of speed and price.
enum Efficiency {
  static let high = 0.8
  static let medium = 0.6

  /// max over the frontier's points f of min(p95_f/p95, price_f/price): 1 on the frontier; 0.5 where some model takes half
  /// the time at half the price.
  static func rate(_ rows: inout [PerformanceFindings.ModelRow]) {
    let points = rows.indices.compactMap { index -> (index: Int, time: Double, price: Double)? in
      guard let time = rows[index].own.group.p95LatencyMs, let price = rows[index].own.costPerMillionTokensUsd,
        time > 0, price > 0
      else { return nil }
      return (index, time, price)
    }.sorted { ($0.time, $0.price, $0.index) < ($1.time, $1.price, $1.index) }
    var frontier: [(time: Double, price: Double)] = []
    for point in points where point.price < frontier.last?.price ?? .infinity {
      frontier.append((point.time, point.price))
    }
    for point in points {
      let score = frontier.map { min($0.time / point.time, $0.price / point.price) }.max() ?? 0
      rows[point.index].own.efficiency = min(score, 1)
      rows[point.index].own.efficiencyBand = score >= high ? "high" : score >= medium ? "medium" : "low"
    }
  }
}
