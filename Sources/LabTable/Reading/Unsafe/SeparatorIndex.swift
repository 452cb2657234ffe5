#if arch(x86_64)
  import _Builtin_intrinsics.intel
#endif

/// Finds the fields of a piece of a file: 64 bytes at a time become bit masks of commas, line feeds and quotes, and the bits
/// that stand outside quotes become places.
///
/// The idea of Langdale and Lemire, "Parsing gigabytes of JSON per second", VLDB Journal 28 (2019), section 3.1.
/// Invariant: `starts` has room for a place per byte of a window, the first one and the ones that a step writes beyond its
/// last; the text that is scanned lies in a buffer with ``FieldScanner/padding`` readable bytes behind it.
@unsafe struct SeparatorIndex {
  /// The most bytes that are looked at together: places, text and results of a window stay in the nearest caches.
  static let window = 32 << 10
  /// Places that are written at a time, whether they are meant or not.
  private static let batch = 8

  /// Where fields start, counted from the start of the window; the first is 0. A field ends one byte before the next starts.
  let starts: UnsafeMutablePointer<UInt32>
  /// Separators that were found.
  private(set) var count = 0
  private(set) var lineFeeds = 0
  private(set) var hasQuotes = false
  /// Whether every quote opens a field, closes it or is doubled, and no line breaks inside: what can be read by places alone.
  private(set) var isRegular = true

  init() {
    unsafe starts = .allocate(capacity: Self.window + 64 + 2 * Self.batch)
    unsafe starts[0] = 0
  }

  func deallocate() { unsafe starts.deallocate() }

  /// Finds the separators of `length` bytes from the start of a row on.
  @inline(never) mutating func scan(_ text: UnsafePointer<UInt8>, length: Int) {
    var target = unsafe starts + 1
    var feeds = FeedCounter()
    var quotes = QuoteState()
    var offset = 0
    while offset < length {
      let part = unsafe Part(UnsafeRawPointer(text + offset))
      var separators = part.separators
      if part.hasQuotes || quotes.carried != 0 || length &- offset < 64 {
        var masks = unsafe Masks(UnsafeRawPointer(text + offset))
        if length &- offset < 64 { masks.cut(to: length &- offset) }
        quotes.exclude(&masks)
        separators = masks.separators
        feeds.add(masks.lineFeeds)
      } else {
        feeds.add(part)
      }
      quotes.endsWithSeparator = separators >> 63
      unsafe target = write(separators, UInt32(truncatingIfNeeded: offset &+ 1), target)
      offset &+= 64
    }
    unsafe count = unsafe target - starts - 1
    unsafe lineFeeds = feeds.finished()
    unsafe hasQuotes = quotes.seen
    unsafe isRegular = quotes.isRegular
  }

  /// Writes the places of the bits.
  @inline(__always) private func write(
    _ separators: UInt64, _ first: UInt32, _ target: UnsafeMutablePointer<UInt32>
  ) -> UnsafeMutablePointer<UInt32> {
    var bits = separators
    let found = bits.nonzeroBitCount
    for index in unsafe 0..<Self.batch {
      unsafe target[index] = first &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount)
      bits &= bits &- 1
    }
    var index = unsafe Self.batch
    while bits != 0 {
      unsafe target[index] = first &+ UInt32(truncatingIfNeeded: bits.trailingZeroBitCount)
      unsafe target[index &+ 1] = first &+ UInt32(truncatingIfNeeded: (bits & (bits &- 1)).trailingZeroBitCount)
      bits &= bits &- 1
      bits &= bits &- 1
      index &+= 2
    }
    return unsafe target + found
  }

  /// As many bytes as the processor compares at a time.
  #if LAB_AVX2
    private typealias Bytes = SIMD32<UInt8>
    private typealias Matches = SIMDMask<SIMD32<Int8>>
  #else
    private typealias Bytes = SIMD16<UInt8>
    private typealias Matches = SIMDMask<SIMD16<Int8>>
  #endif

  /// Where 64 bytes are separators, whether quotes are among them, and how many line feeds stand in each column of bytes.
  private struct Part {
    var separators: UInt64 = 0
    var hasQuotes: Bool
    var feeds = Bytes(repeating: 0)

    @inline(__always) init(_ text: UnsafeRawPointer) {
      let comma = Bytes(repeating: FieldScanner.comma)
      let lineFeed = Bytes(repeating: FieldScanner.lineFeed)
      let quote = Bytes(repeating: FieldScanner.quote)
      var quotes = Matches(repeating: false)
      for place in stride(from: 0, to: 64, by: Bytes.scalarCount) {
        let bytes = unsafe text.loadUnaligned(fromByteOffset: place, as: Bytes.self)
        let feed = bytes .== lineFeed
        separators |= Self.bits(feed .| (bytes .== comma)) &<< UInt64(place)
        unsafe feeds &-= unsafeBitCast(feed, to: Bytes.self)
        quotes = quotes .| (bytes .== quote)
      }
      hasQuotes = Self.bits(quotes) != 0
    }

    /// One bit per lane.
    @inline(__always) static func bits(_ lanes: Matches) -> UInt64 {
      #if LAB_AVX2
        return unsafe UInt64(UInt32(bitPattern: _mm256_movemask_epi8(unsafeBitCast(lanes, to: SIMD4<Int64>.self))))
      #elseif arch(x86_64)
        return unsafe UInt64(UInt32(bitPattern: _mm_movemask_epi8(unsafeBitCast(lanes, to: SIMD2<Int64>.self))))
      #else
        // The product gathers the lowest bits of eight bytes in the highest byte.
        let words = unsafe unsafeBitCast(lanes, to: SIMD2<UInt64>.self) & SIMD2(repeating: 0x0101_0101_0101_0101)
        let gathered = (words &* SIMD2(repeating: 0x0102_0408_1020_4080)) &>> SIMD2(repeating: 56)
        return gathered[0] | gathered[1] &<< 8
      #endif
    }
  }

  /// Counts line feeds in lanes of a byte each.
  private struct FeedCounter {
    private var lanes = Bytes(repeating: 0)
    private var steps = 0
    private var total = 0

    @inline(__always) mutating func add(_ part: Part) {
      lanes &+= part.feeds
      steps &+= 1
      // A step adds at most 4 to a lane.
      if steps == 63 { flush() }
    }

    mutating func add(_ bits: UInt64) { total &+= bits.nonzeroBitCount }

    @inline(never) private mutating func flush() {
      for lane in 0..<Bytes.scalarCount { total &+= Int(lanes[lane]) }
      lanes = Bytes(repeating: 0)
      steps = 0
    }

    mutating func finished() -> Int {
      flush()
      return total
    }
  }

  /// Which of 64 bytes are separators and quotes, the first byte in the lowest bit.
  private struct Masks {
    var separators: UInt64 = 0
    var lineFeeds: UInt64 = 0
    var quotes: UInt64 = 0

    @inline(never) init(_ text: UnsafeRawPointer) {
      let comma = Bytes(repeating: FieldScanner.comma)
      let lineFeed = Bytes(repeating: FieldScanner.lineFeed)
      let quote = Bytes(repeating: FieldScanner.quote)
      for place in stride(from: 0, to: 64, by: Bytes.scalarCount) {
        let bytes = unsafe text.loadUnaligned(fromByteOffset: place, as: Bytes.self)
        let feeds = bytes .== lineFeed
        let shift = UInt64(place)
        separators |= Part.bits(feeds .| (bytes .== comma)) &<< shift
        lineFeeds |= Part.bits(feeds) &<< shift
        quotes |= Part.bits(bytes .== quote) &<< shift
      }
    }

    /// Keeps the first `count` bytes only.
    mutating func cut(to count: Int) {
      let kept = (1 as UInt64) << UInt64(count) &- 1
      separators &= kept
      lineFeeds &= kept
      quotes &= kept
    }
  }

  /// What is known of quotes between two steps of 64 bytes.
  private struct QuoteState {
    /// All bits set while a quote is open.
    var open: UInt64 = 0
    /// 1 when the byte before is a separator outside quotes (as the start of the window is), and when it is a quote that closes.
    var endsWithSeparator: UInt64 = 1
    var endsWithClosing: UInt64 = 0
    var seen = false
    var isRegular = true

    /// What makes a step without quotes need care all the same.
    var carried: UInt64 { open | endsWithClosing }

    /// Takes the separators inside quotes out.
    @inline(never) mutating func exclude(_ masks: inout Masks) {
      seen = seen || masks.quotes != 0
      // Bit n says whether the quotes up to it are an odd number.
      var inside = masks.quotes
      inside ^= inside &<< 1
      inside ^= inside &<< 2
      inside ^= inside &<< 4
      inside ^= inside &<< 8
      inside ^= inside &<< 16
      inside ^= inside &<< 32
      inside ^= open
      let opening = masks.quotes & inside
      let closing = masks.quotes & ~inside
      masks.separators &= ~inside
      if masks.lineFeeds & inside != 0 { isRegular = false }
      masks.lineFeeds &= ~inside
      let mayOpen = (masks.separators | closing) &<< 1 | endsWithSeparator | endsWithClosing
      if opening & ~mayOpen != 0 { isRegular = false }
      let closedBefore = closing &<< 1 | endsWithClosing
      if closedBefore & ~(masks.separators | opening) != 0 { isRegular = false }
      endsWithClosing = closing >> 63
      open = (inside >> 63 == 1) ? ~0 : 0
    }
  }
}
