import LabCore
import LabPrices
import LabTable

/// The exact sums of a data file over day × provider × model × feature × organization × subscription tier × status: enough to
/// compare two runs when the data of one is gone.
public struct RunCube: Sendable {
  /// What the cells are told apart by, where the file has the columns.
  static let dimensions: [Dimension] = [
    .day, .provider, .model, .feature, .organization, .tier, .status,
  ]
  static var dimensionNames: [String] { dimensions.map(\.name) }
  /// The dimension that a cube of too many cells does without.
  private static let leastNeeded = Dimension.organization
  /// More cells than this would take more room (about 25 bytes each) than a kept run should.
  static let cellLimit = 1_000_000

  /// The sums of one cell.
  public struct Sums: Hashable, Sendable {
    public var calls: Int64 = 0
    /// By ``TokenClass``.
    public var tokens: [Int64] = Array(repeating: 0, count: TokenClass.allCases.count)
    public var cost = Money.zero

    public init() {}

    public var totalTokens: Int64 { tokens.reduce(0, &+) }

    static func += (left: inout Sums, right: Sums) {
      left.calls &+= right.calls
      for index in left.tokens.indices { left.tokens[index] &+= right.tokens[index] }
      left.cost.nanodollars &+= right.cost.nanodollars
    }
  }

  /// The names of the dimensions that the cube has: `day`, `provider`, …
  public internal(set) var names: [String]
  /// The texts of each dimension; none for `day`, whose keys are days since 1970.
  var texts: [[String]]
  /// A key per dimension, cell after cell.
  var keys: ContiguousArray<Int64>
  var sums: ContiguousArray<Sums>

  public var count: Int { sums.count }

  /// The sums over all cells.
  public var overall: Sums { sums.reduce(into: Sums()) { $0 += $1 } }

  /// The key of a cell in a dimension as text.
  func label(_ cell: Int, _ dimension: Int) -> String {
    let key = keys[cell * names.count + dimension]
    if names[dimension] == Dimension.day.name { return CivilDate(daysSinceEpoch: Int(key)).description }
    return texts[dimension].indices.contains(Int(key)) ? texts[dimension][Int(key)] : ""
  }

  /// The sums by the values of some dimensions, in ascending order of the values; empty when the cube lacks one of them.
  public func totals(by wanted: [String]) -> [(labels: [String], sums: Sums)] {
    let places = wanted.compactMap { names.firstIndex(of: $0) }
    guard places.count == wanted.count else { return [] }
    var totals: [[Int64]: Sums] = [:]
    for cell in sums.indices {
      totals[places.map { keys[cell * names.count + $0] }, default: Sums()] += sums[cell]
    }
    let labelled = totals.map { key, sums in
      (
        labels: zip(key, places).map { number, place in
          names[place] == Dimension.day.name
            ? CivilDate(daysSinceEpoch: Int(number)).description : texts[place][Int(number)]
        }, sums: sums
      )
    }
    return labelled.sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
  }
}

extension RunCube {
  /// The cube of the calls of a table. One that would have too many cells does without organizations.
  init(of table: CallTable, where selection: CallSelection? = nil, _ context: ScanContext) throws(LabFailure) {
    let dimensions = Self.dimensions.filter { table.has($0.source) }
    var groups: GroupTotals?
    do throws(LabFailure) {
      let all = try Self.groups(table, dimensions, selection, context)
      if all.count <= Self.cellLimit { groups = all }
    } catch {
      // More combinations than can be numbered are too many in any case.
      if error.kind == .cancelled { throw error }
    }
    let found =
      if let groups { groups } else {
        try Self.groups(table, dimensions.filter { $0 != Self.leastNeeded }, selection, context)
      }
    names = found.dimensions.map(\.name)
    texts = found.dimensions.map { dimension in
      if case .column(let column) = dimension { table.dictionary(column).texts } else { [] }
    }
    keys = []
    sums = []
    keys.reserveCapacity(found.count * names.count)
    sums.reserveCapacity(found.count)
    for group in 0..<found.count {
      for dimension in names.indices { keys.append(found.key(group, dimension)) }
      sums.append(Sums(found.totals[group]))
    }
  }

  private static func groups(
    _ table: CallTable, _ dimensions: [Dimension], _ selection: CallSelection?, _ context: ScanContext
  ) throws(LabFailure) -> GroupTotals {
    try table.totals(
      by: dimensions,
      measuring: [
        .cost, .inputTokens, .outputTokens, .cachedInputTokens, .cacheWriteTokens, .cacheWrite1hTokens,
        .reasoningTokens,
      ], where: selection, context)
  }
}

extension RunCube.Sums {
  init(_ totals: CallTotals) {
    calls = Int64(totals.calls)
    cost = totals.cost
    let reasoning = min(totals.reasoningTokens, totals.outputTokens)
    tokens[Int(TokenClass.cachedInput.rawValue)] = totals.cachedInputTokens
    tokens[Int(TokenClass.cacheWrite.rawValue)] = totals.cacheWriteTokens
    tokens[Int(TokenClass.cacheWrite1h.rawValue)] = totals.cacheWrite1hTokens
    tokens[Int(TokenClass.input.rawValue)] =
      totals.inputTokens - totals.cachedInputTokens - totals.cacheWriteTokens - totals.cacheWrite1hTokens
    tokens[Int(TokenClass.reasoning.rawValue)] = reasoning
    tokens[Int(TokenClass.output.rawValue)] = totals.outputTokens - reasoning
  }
}
