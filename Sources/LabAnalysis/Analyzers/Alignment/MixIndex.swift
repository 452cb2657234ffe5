import LabCore
import LabTable

/// Each organization's cost over what the others' calls of the same kind cost: above 1 it pays more for the same mix of
/// features and products.
///
/// Expected cost is Σ calls · mean cost of the others in the same product and feature (indirect standardisation: Breslow and
/// Day, "Statistical Methods in Cancer Research", volume II (1987), section 2.3, with the organization itself left out of its
/// standard). The second factor takes the others' mean per model as well: their ratio is what the choice of models does, the
/// rest is the size of calls. Calls that no other organization makes are left out of both sides.
struct MixIndex {
  struct Result {
    /// Calls and cost that can be compared.
    var calls: Int64 = 0
    var cost: Int64 = 0
    /// Nanodollars.
    var expected = 0.0
    var expectedOfModels = 0.0
    var interval: Interval?

    var index: Double? { Ratio.of(Double(cost), expected) }
    var modelFactor: Double? { Ratio.of(expectedOfModels, expected) }
    var sizeFactor: Double? { Ratio.of(Double(cost), expectedOfModels) }
  }

  /// By organization code.
  private(set) var results: [Result]

  /// Organizations, the largest first, that get an interval: a thousand resamples each.
  static let intervals = 100
  static let level = 0.95

  private struct Group: Hashable {
    var product: UInt32
    var feature: UInt32
    var provider: UInt32 = 0
    var model: UInt32 = 0
  }

  private typealias Sum = (calls: Int64, cost: Int64)

  /// The sums of one organization, in the order of the codes.
  private struct Own {
    var groups: [(group: Group, sum: Sum)] = []
    var models: [(group: Group, sum: Sum)] = []

    /// Cells come in the order of their codes, so that those of a group are neighbours.
    static func add(_ cell: ChargeScan.Cell, of group: Group, to list: inout [(group: Group, sum: Sum)]) {
      if list.last?.group != group { list.append((group, (0, 0))) }
      MixIndex.add(cell, to: &list[list.count - 1].sum)
    }
  }

  /// - Parameter cells: in the order of their codes.
  init(_ scan: ChargeScan, _ cells: [ChargeScan.Cell]) {
    results = Array(repeating: Result(), count: scan.plan.organizations)
    var all: [Group: Sum] = [:]
    var allModels: [Group: Sum] = [:]
    var own: [Own] = Array(repeating: Own(), count: scan.plan.organizations)
    for cell in cells {
      let group = Group(product: cell.product, feature: cell.feature)
      let model = Group(product: cell.product, feature: cell.feature, provider: cell.provider, model: cell.model)
      Self.add(cell, to: &all[group, default: (0, 0)])
      Self.add(cell, to: &allModels[model, default: (0, 0)])
      Own.add(cell, of: group, to: &own[Int(cell.organization)].groups)
      Own.add(cell, of: model, to: &own[Int(cell.organization)].models)
    }
    /// The mean cost of the others' calls, or nil where they make none.
    func others(_ whole: Sum, _ part: Sum) -> Double? {
      Ratio.of(whole.cost &- part.cost, whole.calls &- part.calls)
    }
    var means: [UInt32: [Group: Double]] = [:]
    for (organization, sums) in own.enumerated() {
      var result = Result()
      var expected: [Double] = []
      var expectedOfModels: [Double] = []
      for (group, sum) in sums.groups {
        guard let whole = all[group], let mean = others(whole, sum), mean > 0 else { continue }
        means[UInt32(organization), default: [:]][group] = mean
        result.calls &+= sum.calls
        result.cost &+= sum.cost
        expected.append(Double(sum.calls) * mean)
      }
      for (model, sum) in sums.models {
        guard means[UInt32(organization)]?[Group(product: model.product, feature: model.feature)] != nil else {
          continue
        }
        // A model that no other calls for this is a choice of its own.
        let mean = allModels[model].flatMap { others($0, sum) }
        expectedOfModels.append(mean.map { Double(sum.calls) * $0 } ?? Double(sum.cost))
      }
      // In the order of their size, so that neither the order of a file's rows nor that of a hash shows.
      result.expected = expected.sorted().reduce(0, +)
      result.expectedOfModels = expectedOfModels.sorted().reduce(0, +)
      results[organization] = result
    }
    addIntervals(scan, means)
  }

  private static func add(_ cell: ChargeScan.Cell, to sum: inout Sum) {
    sum.calls &+= cell.calls
    sum.cost &+= cell.cost
  }

  /// Resamples whole days, the others' means held as they are.
  private mutating func addIntervals(_ scan: ChargeScan, _ means: [UInt32: [Group: Double]]) {
    let (days, features) = (scan.plan.days.count, scan.plan.features)
    guard days >= Bootstrap.minimumUnits else { return }
    let largest = results.indices.filter { results[$0].calls >= Alignment.minimumCalls }
      .sorted { (results[$1].cost, $0) < (results[$0].cost, $1) }.prefix(Self.intervals)
    for organization in largest {
      var costs = [Double](repeating: 0, count: days)
      var expected = costs
      let own = (means[UInt32(organization)] ?? [:]).sorted {
        ($0.value, $0.key.product, $0.key.feature) < ($1.value, $1.key.product, $1.key.feature)
      }
      for (group, mean) in own {
        let place = Int(group.product) * features + Int(group.feature)
        for day in 0..<days {
          let sum = scan.sums(organization: organization, group: place, day: day)
          costs[day] += Double(sum[1])
          expected[day] += Double(sum[0]) * mean
        }
      }
      results[organization].interval = Bootstrap.ratio(
        over: .days, numerators: costs, denominators: expected, level: Self.level)
    }
  }
}
