import LabCore
import LabTable

/// Sums of calls over the combinations of a few columns' codes, in one dense array: a pass over the calls fills it, and
/// every coarser grouping is a sum over its cells.
struct CallCube: Sendable {
  /// What a cell is numbered by: a text column, or how many steps an index computed per row has.
  struct Axis: Sendable, Hashable {
    /// Nil: the comparison window of the row (0 neither, 1 the weeks before, 2 the last weeks).
    var column: UsageColumn?
    var size: Int
    var stride: Int
  }

  let axes: [Axis]
  var cells: ContiguousArray<CallSums>

  init(axes: [Axis]) {
    self.axes = axes
    cells = ContiguousArray(repeating: CallSums(), count: axes.reduce(1) { $0 * max(1, $1.size) })
  }

  /// Cells of a cube of several columns: 4,096 of 64 bytes are a quarter of a core's second-level cache (1 MB on the
  /// machine that this was measured on), which the columns of a block and other tables share.
  static let cellLimit = 4096
  /// Windows of time that every row is in one of.
  static let windows = 3

  /// A column with more different texts than this is summed in a pass of its own, by one thread and without windows, so
  /// that a file with millions of customers doesn't fill memory with partial sums.
  static let largeColumn = 65_536
  /// The most cells of the columns that must share a cube (providers × models); beyond, they get none.
  static let jointLimit = 1 << 18

  /// Packs columns into cubes, each within ``cellLimit`` unless a single column is larger, the smallest first.
  ///
  /// - Parameter together: columns that share the first cube, up to ``jointLimit`` cells.
  /// - Returns: cubes for one pass; columns above ``largeColumn`` are cubes without windows.
  static func plan(_ columns: [(column: UsageColumn, size: Int)], together: [UsageColumn]) -> [CallCube] {
    let ordered = columns.map { (column: $0.column, size: max(1, $0.size)) }
      .sorted { ($0.size, $0.column.rawValue) < ($1.size, $1.column.rawValue) }
    var groups: [(columns: [(column: UsageColumn, size: Int)], cells: Int)] = []
    let joined = ordered.filter { together.contains($0.column) && $0.size <= largeColumn }
    let jointCells = joined.reduce(windows) { min($0, jointLimit * windows) * $1.size }
    let isJoint = joined.count == together.count && jointCells <= jointLimit * windows
    if isJoint { groups.append((joined, jointCells)) }
    for entry in ordered where !(isJoint && together.contains(entry.column)) {
      if let index = groups.indices.first(where: { groups[$0].cells <= cellLimit / entry.size }) {
        groups[index].columns.append(entry)
        groups[index].cells *= entry.size
      } else {
        groups.append(([entry], windows * entry.size))
      }
    }
    return groups.map { group in
      var stride = 1
      var axes: [Axis] = []
      for entry in group.columns {
        axes.append(Axis(column: entry.column, size: entry.size, stride: stride))
        stride *= entry.size
      }
      let isLarge = group.columns.contains { $0.size > largeColumn }
      axes.append(Axis(column: nil, size: isLarge ? 1 : windows, stride: stride))
      return CallCube(axes: axes)
    }
  }

  /// Whether the cube wants a pass of its own.
  var isLarge: Bool { axes.contains { $0.size > Self.largeColumn } }

  /// Writes the cell of every row of a block.
  ///
  /// - Parameters:
  ///   - windows: the window of every row; nil when all are in the first.
  ///   - keys: room for a number a row.
  func number(_ block: CallBlock, windows: ContiguousArray<UInt32>?, into keys: inout ContiguousArray<UInt32>) {
    RowLoops.clear(&keys, count: block.count)
    for axis in axes {
      if let column = axis.column {
        RowLoops.addKeys(block.codes(column), stride: axis.stride, count: block.count, to: &keys)
      } else if axis.size > 1, let windows {
        RowLoops.addKeys(windows, stride: axis.stride, count: block.count, to: &keys)
      }
    }
  }

  mutating func merge(_ other: CallCube) {
    for index in cells.indices where other.cells[index].calls > 0 { cells[index] += other.cells[index] }
  }

  /// The sums by the codes of one column and window: index code · ``windows`` + window.
  func sums(by column: UsageColumn) -> ContiguousArray<CallSums>? {
    guard let axis = axes.first(where: { $0.column == column }), let window = axes.last else { return nil }
    var sums = ContiguousArray<CallSums>(repeating: CallSums(), count: axis.size * Self.windows)
    for index in cells.indices where cells[index].calls > 0 {
      let code = index / axis.stride % axis.size
      sums[code * Self.windows + index / window.stride] += cells[index]
    }
    return sums
  }

  /// The sums by the codes of two columns and window: index (first · size of second + second) · ``windows`` + window.
  func sums(by first: UsageColumn, _ second: UsageColumn) -> ContiguousArray<CallSums>? {
    guard let outer = axes.first(where: { $0.column == first }), let inner = axes.first(where: { $0.column == second }),
      let window = axes.last
    else { return nil }
    var sums = ContiguousArray<CallSums>(repeating: CallSums(), count: outer.size * inner.size * Self.windows)
    for index in cells.indices where cells[index].calls > 0 {
      let code = index / outer.stride % outer.size * inner.size + index / inner.stride % inner.size
      sums[code * Self.windows + index / window.stride] += cells[index]
    }
    return sums
  }
}
