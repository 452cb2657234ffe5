/// SHA-256 (FIPS 180-4), fed in pieces; for hashes that others must be able to check.
public struct SHA256: Sendable {
  private var state: [UInt32]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  public init() { state = Self.fractions(ofRoots: 2, count: 8) }

  /// The first 32 bits of the fractional parts of the square or cube roots of the first primes, as the standard defines
  /// its constants; found by integer search, so that no table can be mistyped.
  private static func fractions(ofRoots degree: Int, count: Int) -> [UInt32] {
    var constants: [UInt32] = []
    var candidate = 2
    while constants.count < count {
      if (2..<candidate).allSatisfy({ candidate % $0 != 0 }) {
        // The largest r with r^degree ≤ candidate · 2^(32·degree).
        let target = UInt128(candidate) << UInt128(32 * degree)
        var root: UInt128 = 0
        for bit in stride(from: 36, through: 0, by: -1) {
          let next = root | (1 << UInt128(bit))
          let power = degree == 2 ? next * next : next * next * next
          if power <= target { root = next }
        }
        constants.append(UInt32(truncatingIfNeeded: root))
      }
      candidate += 1
    }
    return constants
  }

  private static let roundConstants = fractions(ofRoots: 3, count: 64)

  public mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

  public mutating func update(_ bytes: Span<UInt8>) {
    length += UInt64(bytes.count)
    var position = 0
    if !pending.isEmpty {
      while pending.count < 64, position < bytes.count {
        pending.append(bytes[position])
        position += 1
      }
      guard pending.count == 64 else { return }
      let full = pending
      pending.removeAll(keepingCapacity: true)
      compress(full.span)
    }
    while position + 64 <= bytes.count {
      compress(bytes.extracting(position..<(position + 64)))
      position += 64
    }
    while position < bytes.count {
      pending.append(bytes[position])
      position += 1
    }
  }

  /// The hash as 64 hexadecimal digits.
  public consuming func hexDigest() -> String {
    let bits = length * 8
    var padding: [UInt8] = [0x80]
    while (pending.count + padding.count) % 64 != 56 { padding.append(0) }
    for shift in stride(from: 56, through: 0, by: -8) {
      padding.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
    }
    update(padding)
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.utf8.count) + digits
    }.joined()
  }

  /// The hash of bytes in memory, as 64 hexadecimal digits.
  public static func hexDigest(of bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.hexDigest()
  }

  private mutating func compress(_ block: Span<UInt8>) {
    var schedule = InlineArray<64, UInt32>(repeating: 0)
    for index in 0..<16 {
      let start = index * 4
      schedule[index] =
        UInt32(block[start]) << 24 | UInt32(block[start + 1]) << 16 | UInt32(block[start + 2]) << 8
        | UInt32(block[start + 3])
    }
    for index in 16..<64 {
      let x = schedule[index - 15]
      let y = schedule[index - 2]
      let s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >> 3)
      let s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >> 10)
      schedule[index] = schedule[index - 16] &+ s0 &+ schedule[index - 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    let constants = Self.roundConstants
    for index in 0..<64 {
      let choice = (e & f) ^ (~e & g)
      let t1 = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ choice &+ constants[index] &+ schedule[index]
      let majority = (a & b) ^ (a & c) ^ (b & c)
      let t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ majority
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
    }
    for (index, word) in [a, b, c, d, e, f, g, h].enumerated() { state[index] = state[index] &+ word }
  }

  @inline(__always) private func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
    word >> count | word << (32 - count)
  }
}
