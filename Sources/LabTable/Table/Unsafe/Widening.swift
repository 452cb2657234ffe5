/// Unpacks stretches of narrow columns, in loops that become vector instructions because they check no element.
///
/// Invariant: the stretch lies inside the source and fits into the target; one check before each loop makes sure of it.
enum Widening {
  /// Writes the codes of `count` rows from `start` to the front of `target`.
  @inline(__always)
  static func codes<Narrow: FixedWidthInteger & UnsignedInteger>(
    _ source: borrowing ContiguousArray<Narrow>, from start: Int, count: Int, into target: inout ContiguousArray<UInt32>
  ) {
    precondition(start >= 0 && count >= 0 && start <= source.count - count && count <= target.count)
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        guard let first = source.baseAddress, let sink = target.baseAddress else { return }
        for index in 0..<count { unsafe sink[index] = UInt32(truncatingIfNeeded: first[start &+ index]) }
      }
    }
  }

  /// Writes the numbers of `count` rows from `start` to the front of `target`, none of which is unknown.
  @inline(__always)
  static func known<Narrow: FixedWidthInteger>(
    _ source: borrowing ContiguousArray<Narrow>, base: Int64, from start: Int, count: Int,
    into target: inout ContiguousArray<Int64>
  ) {
    precondition(start >= 0 && count >= 0 && start <= source.count - count && count <= target.count)
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        guard let first = source.baseAddress, let sink = target.baseAddress else { return }
        for index in 0..<count { unsafe sink[index] = base &+ Int64(truncatingIfNeeded: first[start &+ index]) }
      }
    }
  }

  /// Writes the numbers of `count` rows from `start` to the front of `target`: base plus offset, the largest offset is
  /// unknown.
  @inline(__always)
  static func integers<Narrow: FixedWidthInteger & UnsignedInteger>(
    _ source: borrowing ContiguousArray<Narrow>, base: Int64, from start: Int, count: Int, unknown: Int64,
    into target: inout ContiguousArray<Int64>
  ) {
    precondition(start >= 0 && count >= 0 && start <= source.count - count && count <= target.count)
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        guard let first = source.baseAddress, let sink = target.baseAddress else { return }
        for index in 0..<count {
          let offset = unsafe first[start &+ index]
          unsafe sink[index] = offset == .max ? unknown : base &+ Int64(truncatingIfNeeded: offset)
        }
      }
    }
  }
}
