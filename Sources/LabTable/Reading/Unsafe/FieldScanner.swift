import LabCore

/// Reads fields from a buffer, several bytes at a time.
///
/// Invariant: every pointer lies inside a buffer whose content ends with a line feed of ours and ``padding`` more bytes, so
/// that a search for the end of a field always stops and a load of ``padding`` bytes from any place of the content is inside.
enum FieldScanner {
  /// Readable bytes behind the line feed that ends a buffer.
  static let padding = 64

  static var comma: UInt8 { UInt8(ascii: ",") }
  static var lineFeed: UInt8 { UInt8(ascii: "\n") }
  static var carriageReturn: UInt8 { UInt8(ascii: "\r") }
  static var quote: UInt8 { UInt8(ascii: "\"") }

  /// The first comma or line feed.
  @inline(__always) static func end(_ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    unsafe first(of: comma, or: lineFeed, start)
  }

  /// The first of two bytes, 16 at a time; one of them must come.
  @inline(__always) static func first(of a: UInt8, or b: UInt8, _ start: UnsafePointer<UInt8>) -> UnsafePointer<UInt8> {
    let first = SIMD16<UInt8>(repeating: a)
    let second = SIMD16<UInt8>(repeating: b)
    var position = unsafe start
    while true {
      let bytes = unsafe UnsafeRawPointer(position).loadUnaligned(as: SIMD16<UInt8>.self)
      let words = unsafe unsafeBitCast((bytes .== first) .| (bytes .== second), to: SIMD2<UInt64>.self)
      if words[0] != 0 { return unsafe position + words[0].trailingZeroBitCount >> 3 }
      if words[1] != 0 { return unsafe position + (8 &+ words[1].trailingZeroBitCount >> 3) }
      unsafe position += 16
    }
  }

  /// Whether a field may end here: at a comma, a line feed or a carriage return before one.
  @inline(__always) static func isEnd(_ position: UnsafePointer<UInt8>) -> Bool {
    let byte = unsafe position[0]
    return unsafe byte == comma || byte == lineFeed || (byte == carriageReturn && position[1] == lineFeed)
  }

  @inline(__always) static func word(_ position: UnsafePointer<UInt8>) -> UInt64 {
    unsafe UInt64(littleEndian: UnsafeRawPointer(position).loadUnaligned(as: UInt64.self))
  }

  /// How many of the eight bytes (already xored with ASCII zeros) are digits before the first that is none.
  @inline(__always) static func digitCount(_ lanes: UInt64) -> Int {
    let others = ((lanes &+ 0x7676_7676_7676_7676) | lanes) & 0x8080_8080_8080_8080
    return others.trailingZeroBitCount >> 3
  }

  /// The number that eight digit lanes spell, the first in the lowest byte: pairs, then fours, then all.
  @inline(__always) static func number(_ lanes: UInt64) -> UInt64 {
    let pairs = lanes &* 10 &+ lanes >> 8
    let mask: UInt64 = 0x0000_00ff_0000_00ff
    let high = (pairs & mask) &* (100 &+ 1_000_000 << 32)
    let low = (pairs >> 16 & mask) &* (1 &+ 10_000 << 32)
    return (high &+ low) >> 32
  }

  /// The number that the first `count` (1 to 8) digit lanes spell.
  @inline(__always) static func number(_ lanes: UInt64, _ count: Int) -> UInt64 {
    number(lanes << UInt64(64 &- count &* 8))
  }

  /// A whole number of up to 16 digits and the place after it; nil for anything else (the careful path reads it).
  @inline(__always) static func whole(_ start: UnsafePointer<UInt8>) -> (value: Int64, end: UnsafePointer<UInt8>)? {
    let lanes = unsafe word(start) ^ DecimalDigits.ascii
    let count = digitCount(lanes)
    if count == 0 { return nil }
    var value = number(lanes, count)
    var end = unsafe start + count
    if count == 8 {
      let more = unsafe word(end) ^ DecimalDigits.ascii
      let extra = digitCount(more)
      if extra > 0 {
        value = value &* tenTo(extra) &+ number(more, extra)
        unsafe end += extra
      }
    }
    return unsafe isEnd(end) ? (Int64(value), end) : nil
  }

  /// A decimal of up to 8 whole digits and up to 8 (9 when `places` is 9) decimals, times 10^`places` (3 or 9), rounded half
  /// to even, and the place after it; nil for anything else.
  @inline(__always) static func decimal(
    _ start: UnsafePointer<UInt8>, places: Int
  ) -> (value: Int64, end: UnsafePointer<UInt8>)? {
    let lanes = unsafe word(start) ^ DecimalDigits.ascii
    let count = digitCount(lanes)
    if count == 0 || count == 8 { return nil }
    var value = number(lanes, count) &* tenTo(places)
    var end = unsafe start + count
    if unsafe end[0] == UInt8(ascii: ".") {
      unsafe end += 1
      let fraction = unsafe word(end) ^ DecimalDigits.ascii
      let digits = digitCount(fraction)
      if digits == 0 { return nil }
      unsafe end += digits
      let number = number(fraction, digits)
      if digits <= places {
        value &+= number &* tenTo(places &- digits)
        if digits == 8, places == 9 {
          let last = unsafe end[0] &- 48
          if last <= 9 {
            value &+= UInt64(last)
            unsafe end += 1
          }
        }
      } else {
        let divisor = tenTo(digits &- places)
        let quotient = number / divisor
        let twice = (number &- quotient &* divisor) &* 2
        value &+= quotient &+ (twice > divisor || (twice == divisor && quotient & 1 == 1) ? 1 : 0)
      }
    }
    return unsafe isEnd(end) ? (Int64(value), end) : nil
  }

  /// A whole number of `length` digits, at most 8; nil for anything else.
  @inline(__always) static func whole(_ start: UnsafePointer<UInt8>, _ length: Int) -> Int64? {
    guard UInt(bitPattern: length &- 1) < 8 else { return nil }
    let lanes = unsafe (word(start) ^ DecimalDigits.ascii) &<< UInt64(64 &- length &* 8)
    return areDigits(lanes) ? Int64(number(lanes)) : nil
  }

  /// A decimal of `length` bytes with up to 7 whole digits and up to `places` (3 or 9) decimals, times 10^`places`; nil for
  /// anything else.
  @inline(__always) static func decimal(_ start: UnsafePointer<UInt8>, _ length: Int, places: Int) -> Int64? {
    let lanes = unsafe word(start) ^ DecimalDigits.ascii
    let count = digitCount(lanes)
    if UInt(bitPattern: count &- 1) >= 7 || length < count { return nil }
    let value = number(lanes, count) &* tenTo(places)
    if count == length { return Int64(value) }
    var digits = length &- count &- 1
    guard unsafe start[count] == UInt8(ascii: "."), UInt(bitPattern: digits &- 1) < UInt(bitPattern: places) else {
      return nil
    }
    let fraction = unsafe start + (count &+ 1)
    var last: UInt64 = 0
    if digits == 9 {
      last = unsafe UInt64(fraction[8] &- 48)
      if last > 9 { return nil }
      digits = 8
    }
    let fractionLanes = unsafe (word(fraction) ^ DecimalDigits.ascii) &<< UInt64(64 &- digits &* 8)
    guard areDigits(fractionLanes) else { return nil }
    return Int64(value &+ number(fractionLanes) &* tenTo(places &- digits) &+ last)
  }

  /// Whether all eight bytes (already xored with ASCII zeros) are digits.
  @inline(__always) private static func areDigits(_ lanes: UInt64) -> Bool {
    ((lanes &+ 0x7676_7676_7676_7676) | lanes) & 0x8080_8080_8080_8080 == 0
  }

  @inline(__always) private static func tenTo(_ exponent: Int) -> UInt64 {
    switch exponent {
    case 0: 1
    case 1: 10
    case 2: 100
    case 3: 1000
    case 4: 10_000
    case 5: 100_000
    case 6: 1_000_000
    case 7: 10_000_000
    case 8: 100_000_000
    default: 1_000_000_000
    }
  }

  /// The time of day in microseconds of `hh:mm:ss.ffffffZ` and the end of the field, which must follow; nil otherwise.
  @inline(__always) static func timeOfDay(_ start: UnsafePointer<UInt8>) -> Int64? {
    let clock = unsafe word(start)
    guard clock & 0x0000_ff00_00ff_0000 == 0x0000_3a00_003a_0000 else { return nil }
    // Colons become zeros, so that all eight lanes must be digits.
    let lanes = (clock ^ 0x3030_3a30_303a_3030)
    guard digitCount(lanes) == 8, unsafe start[8] == UInt8(ascii: ".") else { return nil }
    let fraction = unsafe word(start + 9) ^ DecimalDigits.ascii
    guard digitCount(fraction) == 6, unsafe start[15] == UInt8(ascii: "Z"), unsafe isEnd(start + 16) else { return nil }
    let hour = (lanes & 0xff) &* 10 &+ (lanes >> 8 & 0xff)
    let minute = (lanes >> 24 & 0xff) &* 10 &+ (lanes >> 32 & 0xff)
    let second = (lanes >> 48 & 0xff) &* 10 &+ (lanes >> 56)
    guard hour < 24, minute < 60, second < 60 else { return nil }
    let seconds = (hour &* 60 &+ minute) &* 60 &+ second
    return Int64(seconds &* 1_000_000 &+ number(fraction, 6))
  }
}
