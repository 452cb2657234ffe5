import LabTable

/// The tokens of a block's calls by class, where that takes more than reading a column; and which calls hold nothing out of
/// the ordinary, so that passes need not find that out each for itself.
///
/// Invariant: every column is compared with the number of rows before it is read; each place of the array is written once
/// before anyone reads it.
struct TokenClasses: Sendable {
  /// The number of rows.
  let count: Int
  /// By row the input tokens neither read from a cache nor written to one, then the output tokens without reasoning, then
  /// reasoning tokens, at most the output, then the bits of all counts united: `count` numbers each. What stands in the first three
  /// for a call of unknown counts means nothing.
  let values: ContiguousArray<Int64>

  /// The places in ``values``.
  var uncached: Range<Int> { 0..<count }
  var visible: Range<Int> { count..<2 * count }
  var thinking: Range<Int> { 2 * count..<3 * count }
  var bits: Range<Int> { 3 * count..<4 * count }

  /// Whether a call's input and output are known, its counts can be true and none reaches 2⁵², by its united bits: unknown and
  /// impossible counts are negative.
  @inline(__always)
  static func isPlain(_ bits: Int64) -> Bool { UInt64(bitPattern: bits) < 1 << 52 }

  init(
    count: Int, inputs: borrowing ContiguousArray<Int64>, outputs: borrowing ContiguousArray<Int64>,
    cached: borrowing ContiguousArray<Int64>, written: borrowing ContiguousArray<Int64>,
    written1h: borrowing ContiguousArray<Int64>, reasoning: borrowing ContiguousArray<Int64>
  ) {
    precondition(count >= 0 && count <= inputs.count && count <= outputs.count && count <= cached.count)
    precondition(count <= written.count && count <= written1h.count && count <= reasoning.count)
    self.count = count
    let (inputs, outputs, cached) = (inputs.span, outputs.span, cached.span)
    let (written, written1h, reasoning) = (written.span, written1h.span, reasoning.span)
    values = unsafe ContiguousArray(unsafeUninitializedCapacity: 4 * count) { room, filled in
      guard let uncached = room.baseAddress else { return }
      let (visible, thinking, bits) = unsafe (uncached + count, uncached + 2 * count, uncached + 3 * count)
      // Loops of few columns each, which become those of vectors.
      for row in 0..<count {
        let read = unsafe Self.known(cached[unchecked: row])
        let (short, long) = unsafe (Self.known(written[unchecked: row]), Self.known(written1h[unchecked: row]))
        unsafe uncached[row] = inputs[unchecked: row] &- read &- short &- long
      }
      for row in 0..<count {
        let output = unsafe outputs[unchecked: row]
        let thought = unsafe min(Self.known(reasoning[unchecked: row]), output)
        unsafe thinking[row] = thought
        unsafe visible[row] = output &- thought
      }
      for row in 0..<count {
        unsafe bits[row] = uncached[row] | Self.known(cached[unchecked: row]) | Self.known(written[unchecked: row])
      }
      for row in 0..<count {
        unsafe bits[row] |= inputs[unchecked: row] | Self.known(written1h[unchecked: row])
      }
      for row in 0..<count {
        unsafe bits[row] |= outputs[unchecked: row] | Self.known(reasoning[unchecked: row])
      }
      filled = 4 * count
    }
  }

  /// An optional count, zero where it is unknown: unknown is the least number of all.
  @inline(__always)
  private static func known(_ count: Int64) -> Int64 { max(count, 0) }
}
