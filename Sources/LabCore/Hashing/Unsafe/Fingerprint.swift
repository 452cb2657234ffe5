/// A 128-bit fingerprint of bytes: tells files apart, is no defence against forgery.
///
/// Content is hashed in fixed blocks of 4 MiB, in any order and in parallel, and the block hashes, with the length, are
/// hashed once more. Each hash multiplies 64-bit words in four lanes and folds the 128-bit products (the idea of MUM and
/// wyhash). Invariant of the unsafe code: loads stay inside the buffer, whose length bounds every loop.
public struct Fingerprint: Hashable, Sendable {
  public var high: UInt64
  public var low: UInt64

  public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  public static let blockSize = 4 << 20

  /// The hash of one block (at most ``blockSize`` bytes).
  public static func block(_ bytes: RawSpan) -> Fingerprint {
    unsafe bytes.withUnsafeBytes { buffer in unsafe hash(buffer) }
  }

  /// The fingerprint of content of `length` bytes whose blocks have these hashes, in order.
  public static func combined(blocks: [Fingerprint], length: UInt64) -> Fingerprint {
    var words: [UInt64] = [length]
    for block in blocks {
      words.append(block.high)
      words.append(block.low)
    }
    return unsafe words.withUnsafeBytes { buffer in unsafe hash(buffer) }
  }

  /// The fingerprint of bytes in memory.
  public static func of(_ bytes: [UInt8]) -> Fingerprint {
    let span = unsafe bytes.span.bytes
    var blocks: [Fingerprint] = []
    var start = 0
    while start < bytes.count {
      let end = min(start + blockSize, bytes.count)
      blocks.append(block(span.extracting(start..<end)))
      start = end
    }
    return combined(blocks: blocks, length: UInt64(bytes.count))
  }

  public static func of(_ text: String) -> Fingerprint { of(Array(text.utf8)) }

  private static func hash(_ buffer: UnsafeRawBufferPointer) -> Fingerprint {
    let count = buffer.count
    var a: UInt64 = 0x2d35_8dcc_aa6c_78a5 ^ UInt64(count)
    var b: UInt64 = 0x8bb8_4b93_962e_acc9
    var c: UInt64 = 0x4b33_a62e_d433_d4a3
    var d: UInt64 = 0x4d5a_2da5_1de1_aa47
    var offset = 0
    while offset + 64 <= count {
      unsafe a = fold(word(buffer, offset) ^ 0xa076_1d64_78bd_642f, word(buffer, offset + 8) ^ a)
      unsafe b = fold(word(buffer, offset + 16) ^ 0xe703_7ed1_a0b4_28db, word(buffer, offset + 24) ^ b)
      unsafe c = fold(word(buffer, offset + 32) ^ 0x8ebc_6af0_9c88_c6e3, word(buffer, offset + 40) ^ c)
      unsafe d = fold(word(buffer, offset + 48) ^ 0x5899_65cc_7537_4cc3, word(buffer, offset + 56) ^ d)
      offset += 64
    }
    while offset + 8 <= count {
      let next = fold(unsafe word(buffer, offset) ^ 0xa076_1d64_78bd_642f, a ^ 0x1d8e_4e27_c47d_124f)
      (a, b, c, d) = (b, c, d, next ^ a)
      offset += 8
    }
    var last: UInt64 = 0
    for position in offset..<count { last = unsafe last << 8 | UInt64(buffer[position]) }
    last |= UInt64(count - offset) << 56
    a = fold(last ^ 0xa076_1d64_78bd_642f, a ^ 0x9e37_79b9_7f4a_7c15)
    let left = fold(a ^ 0xeb44_acca_b455_d165, c ^ b) ^ SplitMix64.mix(d)
    let right = fold(b ^ 0x9c6e_6877_736c_46e3, d ^ a) ^ SplitMix64.mix(c &+ left)
    return Fingerprint(high: SplitMix64.mix(left), low: SplitMix64.mix(right ^ left))
  }

  @inline(__always) private static func word(_ buffer: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    unsafe UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  @inline(__always) private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low
  }
}

extension Fingerprint: CustomStringConvertible {
  /// 32 hexadecimal digits.
  public var description: String { Self.hex(high) + Self.hex(low) }

  /// The fingerprint that 32 hexadecimal digits spell.
  public init?(_ text: String) {
    guard text.utf8.count == 32, let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
