/// Reads a number digit by digit, as one would on paper: what the reader of usage files must agree with.
enum PlainNumber: Equatable {
  case value(Int64)
  /// The name of the reason for which the row is rejected.
  case problem(String)

  /// More characters than this are no number.
  private static let longest = 1000
  /// More significant digits, or a power of ten further from 0, are numbers that are too large to be read.
  private static let mostDigits = 36
  private static let furthestExponent = 400

  /// Reads `text` times 10^`places`, rounded half to even, or only when it is whole.
  init(_ text: [UInt8], places: Int, mustBeWhole: Bool) {
    guard text.count <= Self.longest, let number = Self.parts(text) else {
      self = .problem("bad_number")
      return
    }
    var digits = number.digits
    var exponent = number.exponent
    while digits.last == 0 {
      digits.removeLast()
      exponent += 1
    }
    digits = Array(digits.drop { $0 == 0 })
    if digits.isEmpty {
      self = .value(0)
    } else if digits.count > Self.mostDigits || abs(exponent) > Self.furthestExponent {
      self = .problem("number_too_large")
    } else if number.isNegative {
      self = .problem("negative_number")
    } else if mustBeWhole, exponent + places < 0 {
      self = .problem("bad_number")
    } else {
      self = Self.whole(digits, shift: exponent + places).map { .value($0) } ?? .problem("number_too_large")
    }
  }

  /// The digits before and behind the point, and the power of ten of the last; nil when the text has another form.
  private static func parts(_ text: [UInt8]) -> (digits: [UInt8], exponent: Int, isNegative: Bool)? {
    var rest = text[...]
    func takeSign() -> Bool {
      guard let sign = rest.first, sign == 45 || sign == 43 else { return false }
      rest = rest.dropFirst()
      return sign == 45
    }
    func takeDigits() -> [UInt8] {
      let taken = rest.prefix { (48...57).contains($0) }
      rest = rest.dropFirst(taken.count)
      return taken.map { $0 - 48 }
    }
    let isNegative = takeSign()
    var digits = takeDigits()
    var exponent = 0
    if rest.first == 46 {
      rest = rest.dropFirst()
      let decimals = takeDigits()
      digits += decimals
      exponent = -decimals.count
    }
    guard !digits.isEmpty else { return nil }
    if rest.first == 101 || rest.first == 69 {
      rest = rest.dropFirst()
      let isSmall = takeSign()
      let power = takeDigits()
      guard !power.isEmpty else { return nil }
      // Beyond a hundred thousand the value doesn't matter any more.
      let size = power.reduce(0) { min($0 * 10 + Int($1), 100_000) }
      exponent += isSmall ? -size : size
    }
    return rest.isEmpty ? (digits, exponent, isNegative) : nil
  }

  /// The digits times 10^`shift`, rounded half to even; nil beyond 64 bits.
  private static func whole(_ digits: [UInt8], shift: Int) -> Int64? {
    if shift >= 0 {
      // The first digit is not 0, so twenty digits are too many.
      guard digits.count + shift <= 19 else { return nil }
      return joined(digits + Array(repeating: 0, count: shift))
    }
    if -shift > digits.count { return 0 }
    let kept = digits.dropLast(-shift)
    let cut = digits.suffix(-shift)
    guard let value = joined(kept) else { return nil }
    let isHalf = cut.first == 5 && cut.dropFirst().allSatisfy { $0 == 0 }
    let isMore = (cut.first ?? 0) >= 5 && !isHalf
    let (rounded, overflow) = value.addingReportingOverflow(isMore || (isHalf && value % 2 == 1) ? 1 : 0)
    return overflow ? nil : rounded
  }

  private static func joined(_ digits: some Collection<UInt8>) -> Int64? {
    digits.isEmpty ? 0 : Int64(digits.map { String($0) }.joined())
  }
}
