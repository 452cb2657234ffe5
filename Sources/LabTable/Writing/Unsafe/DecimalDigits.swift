/// Writes numbers as ASCII digits, eight at a time in one machine word.
///
/// Invariant: every function stores at most 24 bytes at `target`; the caller has reserved them.
enum DecimalDigits {
  /// Eight decimal digits (values 0 to 9, not yet ASCII) of a number below 10⁸, the first digit in the lowest byte.
  ///
  /// Divides by 100 and by 10 in lanes of one word, with reciprocals that are exact in their range.
  @inline(__always) static func lanes(_ value: UInt64) -> UInt64 {
    let high = value / 10_000
    let halves = high | (value - high * 10_000) << 32
    let hundreds = ((halves &* 10_486) >> 20) & 0x0000_007f_0000_007f
    let pairs = hundreds | (halves &- hundreds &* 100) << 16
    let tens = ((pairs &* 103) >> 10) & 0x000f_000f_000f_000f
    return tens | (pairs &- tens &* 10) << 8
  }

  static let ascii: UInt64 = 0x3030_3030_3030_3030

  @inline(__always) static func store(_ word: UInt64, _ target: UnsafeMutablePointer<UInt8>) {
    unsafe UnsafeMutableRawPointer(target).storeBytes(of: word.littleEndian, as: UInt64.self)
  }

  /// Writes a whole number without leading zeros and gives the place after it.
  @inline(__always) static func whole(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<
    UInt8
  > {
    if value < 100_000_000 {
      let digits = lanes(value)
      let skipped = min(digits.trailingZeroBitCount >> 3, 7)
      unsafe store((digits | ascii) >> UInt64(skipped * 8), target)
      return unsafe target + (8 - skipped)
    }
    let end = unsafe whole(value / 100_000_000, target)
    unsafe store(lanes(value % 100_000_000) | ascii, end)
    return unsafe end + 8
  }

  /// Writes two digits.
  @inline(__always) static func pair(_ value: Int, _ target: UnsafeMutablePointer<UInt8>) {
    let tens = (value &* 103) >> 10
    unsafe target[0] = UInt8(truncatingIfNeeded: tens &+ 48)
    unsafe target[1] = UInt8(truncatingIfNeeded: value &- tens &* 10 &+ 48)
  }

  /// Writes a number below 10⁶ as six digits (and two more bytes behind them).
  @inline(__always) static func six(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>) {
    unsafe store((lanes(value) | ascii) >> 16, target)
  }

  /// Writes `.` and the fraction `value` / 1000 without trailing zeros, or nothing when it is zero.
  @inline(__always) static func thousandths(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>)
    -> UnsafeMutablePointer<UInt8>
  {
    if value == 0 { return unsafe target }
    unsafe target[0] = UInt8(ascii: ".")
    return unsafe threeTrimmed(value, target + 1)
  }

  /// Writes three digits without trailing zeros (nothing for 0) and gives the place after them.
  @inline(__always) static func threeTrimmed(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>)
    -> UnsafeMutablePointer<UInt8>
  {
    let digits = lanes(value) >> 40
    unsafe store(digits | ascii, target)
    let used = (71 - digits.leadingZeroBitCount) >> 3
    return unsafe target + used
  }

  /// Writes 16 hexadecimal digits.
  @inline(__always) static func hexadecimal(_ value: UInt64, _ target: UnsafeMutablePointer<UInt8>) {
    unsafe store(hexadecimalHalf(value >> 32), target)
    unsafe store(hexadecimalHalf(value & 0xffff_ffff), target + 8)
  }

  /// Eight hexadecimal digits in ASCII of a 32-bit number: nibbles are spread over bytes, then those above 9 get the
  /// distance from `9` to `a`.
  @inline(__always) private static func hexadecimalHalf(_ value: UInt64) -> UInt64 {
    // Halves, then bytes, then nibbles; the byte swap brings the highest nibble to the front.
    var spread = value
    spread = (spread | spread << 16) & 0x0000_ffff_0000_ffff
    spread = (spread | spread << 8) & 0x00ff_00ff_00ff_00ff
    spread = (spread | spread << 4) & 0x0f0f_0f0f_0f0f_0f0f
    let letters = ((spread &+ 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101
    return (spread &+ ascii &+ letters &* 39).byteSwapped
  }
}
