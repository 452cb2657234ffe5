/// A small number for every chosen row of a table, found by one pass over it and read by a later one: four bytes a row.
///
/// Both passes must have the same selection. A pass over several threads makes one value for each, which ``merge(_:)`` joins.
public struct RowCodes: Sendable {
  /// By segment the codes of its chosen rows; empty for segments of other threads.
  private var segments: [ContiguousArray<UInt32>] = []

  public init() {}

  /// Keeps the codes of the rows of a block. Blocks of a segment come in the order of their rows.
  public mutating func append(_ codes: borrowing ContiguousArray<UInt32>, of block: borrowing CallBlock) {
    while segments.count <= block.segment { segments.append([]) }
    if block.start == 0 { segments[block.segment].reserveCapacity(CallSegment.capacity) }
    segments[block.segment].append(contentsOf: codes[..<block.count])
  }

  /// Takes in the codes of other segments.
  public mutating func merge(_ other: RowCodes) {
    while segments.count < other.segments.count { segments.append([]) }
    for index in other.segments.indices where !other.segments[index].isEmpty {
      segments[index] = other.segments[index]
    }
  }

  /// The codes of the segment of a block; those of its rows begin at ``CallBlock/start``.
  public func codes(around block: borrowing CallBlock) -> ContiguousArray<UInt32> { segments[block.segment] }
}
