/// The copies between a block's columns and a segment's, in loops without checks per element.
///
/// Invariant: ranges are checked against source and target before the first element is touched.
enum ColumnCopy {
  /// Writes numbers from `start` of the source on to `place` of the target on.
  static func copy(
    _ source: Span<Int64>, from start: Int, count: Int, to target: inout ContiguousArray<Int64>, at place: Int
  ) {
    precondition(start >= 0 && place >= 0 && start + count <= source.count && place + count <= target.count)
    guard count > 0 else { return }
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        unsafe (target.baseAddress.unsafelyUnwrapped + place).update(
          from: source.baseAddress.unsafelyUnwrapped + start, count: count)
      }
    }
  }

  /// Room for `count` integers whose values mean nothing yet: every one is written before it is read.
  static func room<Element: FixedWidthInteger>(_ count: Int) -> ContiguousArray<Element> {
    unsafe ContiguousArray(unsafeUninitializedCapacity: count) { _, filled in
      filled = count
    }
  }

  /// Writes what `mapping` has for the codes from `start` of the source on to `place` of the target on.
  ///
  /// - Returns: the highest code that was written.
  static func translate(
    _ source: Span<UInt32>, from start: Int, count: Int, by mapping: ContiguousArray<UInt32>,
    to target: inout ContiguousArray<UInt32>, at place: Int
  ) -> UInt32 {
    precondition(start >= 0 && place >= 0 && start + count <= source.count && place + count <= target.count)
    let mapping = mapping.span
    return unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        var highest: UInt32 = 0
        for index in 0..<count {
          let code = unsafe mapping[Int(source[unchecked: start &+ index])]
          highest = max(highest, code)
          unsafe target[unchecked: place &+ index] = code
        }
        return highest
      }
    }
  }
}

extension UnsafeBufferPointer {
  @inline(__always) fileprivate subscript(unchecked index: Int) -> Element {
    unsafe baseAddress.unsafelyUnwrapped[index]
  }
}

extension UnsafeMutableBufferPointer {
  @inline(__always) fileprivate subscript(unchecked index: Int) -> Element {
    get { unsafe baseAddress.unsafelyUnwrapped[index] }
    nonmutating set { unsafe baseAddress.unsafelyUnwrapped[index] = newValue }
  }
}
