import CPrefetch

/// Hints to the processor about what will be read soon.
///
/// Invariant: a hint reads nothing, so that no address can be wrong.
public enum Prefetch {
  /// How many rows before it is worked at the place that a row leads to is asked for: about as many as a core works at while
  /// memory answers.
  public static let rowsAhead = 32

  /// The elements `range` of an array will be read one after the other before long.
  @inlinable
  @inline(__always)
  public static func stretch<Element: BitwiseCopyable>(
    of array: borrowing ContiguousArray<Element>, _ range: Range<Int>
  ) {
    guard range.lowerBound >= 0, range.upperBound <= array.count else { return }
    unsafe array.withUnsafeBufferPointer { array in
      guard let first = array.baseAddress else { return }
      unsafe lab_prefetch(first + range.lowerBound, range.count * MemoryLayout<Element>.stride)
    }
  }

  /// The element `index` of a span will be read or written soon; an index beyond the span is no mistake.
  @inlinable
  @inline(__always)
  public static func element<Element: BitwiseCopyable>(_ index: Int, of span: borrowing MutableSpan<Element>) {
    unsafe span.withUnsafeBufferPointer { elements in
      guard let first = elements.baseAddress else { return }
      unsafe lab_prefetch_line(UnsafeRawPointer(first) + index &* MemoryLayout<Element>.stride)
    }
  }

  /// The same of a span that is only read.
  @inlinable
  @inline(__always)
  public static func element<Element: BitwiseCopyable>(_ index: Int, of span: Span<Element>) {
    unsafe span.withUnsafeBufferPointer { elements in
      guard let first = elements.baseAddress else { return }
      unsafe lab_prefetch_line(UnsafeRawPointer(first) + index &* MemoryLayout<Element>.stride)
    }
  }
}
