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
    var state = BlockState()
    let stripes = buffer.count / BlockState.stripe
    for index in 0..<stripes { unsafe state.mix(buffer, at: index * BlockState.stripe) }
    return unsafe state.finished(
      UnsafeRawBufferPointer(rebasing: buffer[(stripes * BlockState.stripe)...]), count: buffer.count)
  }
}

/// The state of hashing one block: four lanes over stripes of 64 bytes.
private struct BlockState {
  static let stripe = 64
  private var a: UInt64 = 0x2d35_8dcc_aa6c_78a5
  private var b: UInt64 = 0x8bb8_4b93_962e_acc9
  private var c: UInt64 = 0x4b33_a62e_d433_d4a3
  private var d: UInt64 = 0x4d5a_2da5_1de1_aa47

  @inline(__always) mutating func mix(_ buffer: UnsafeRawBufferPointer, at offset: Int) {
    unsafe a = Self.fold(Self.word(buffer, offset) ^ 0xa076_1d64_78bd_642f, Self.word(buffer, offset + 8) ^ a)
    unsafe b = Self.fold(Self.word(buffer, offset + 16) ^ 0xe703_7ed1_a0b4_28db, Self.word(buffer, offset + 24) ^ b)
    unsafe c = Self.fold(Self.word(buffer, offset + 32) ^ 0x8ebc_6af0_9c88_c6e3, Self.word(buffer, offset + 40) ^ c)
    unsafe d = Self.fold(Self.word(buffer, offset + 48) ^ 0x5899_65cc_7537_4cc3, Self.word(buffer, offset + 56) ^ d)
  }

  /// The hash, given the fewer than 64 bytes that are left and the length of the whole.
  func finished(_ rest: UnsafeRawBufferPointer, count: Int) -> Fingerprint {
    var (a, b, c, d) = (a ^ UInt64(count), b, c, d)
    var offset = 0
    while offset + 8 <= rest.count {
      let next = Self.fold(unsafe Self.word(rest, offset) ^ 0xa076_1d64_78bd_642f, a ^ 0x1d8e_4e27_c47d_124f)
      (a, b, c, d) = (b, c, d, next ^ a)
      offset += 8
    }
    var last: UInt64 = 0
    for position in offset..<rest.count { last = unsafe last << 8 | UInt64(rest[position]) }
    last |= UInt64(rest.count - offset) << 56
    a = Self.fold(last ^ 0xa076_1d64_78bd_642f, a ^ 0x9e37_79b9_7f4a_7c15)
    let left = Self.fold(a ^ 0xeb44_acca_b455_d165, c ^ b) ^ SplitMix64.mix(d)
    let right = Self.fold(b ^ 0x9c6e_6877_736c_46e3, d ^ a) ^ SplitMix64.mix(c &+ left)
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

/// Computes a ``Fingerprint`` of content that comes in pieces.
public struct FingerprintStream: Sendable {
  private var state = BlockState()
  private var blocks: [Fingerprint] = []
  private var rest: [UInt8] = []
  private var inBlock = 0
  private var length: UInt64 = 0

  public init() { rest.reserveCapacity(BlockState.stripe) }

  public mutating func update(_ bytes: Span<UInt8>) {
    length += UInt64(bytes.count)
    unsafe bytes.withUnsafeBytes { buffer in
      var offset = 0
      if !rest.isEmpty {
        offset = min(BlockState.stripe - rest.count, buffer.count)
        unsafe rest.append(contentsOf: buffer[..<offset])
        guard rest.count == BlockState.stripe else { return }
        unsafe rest.withUnsafeBytes { unsafe state.mix($0, at: 0) }
        rest.removeAll(keepingCapacity: true)
        endStripe()
      }
      while offset + BlockState.stripe <= buffer.count {
        unsafe state.mix(buffer, at: offset)
        offset += BlockState.stripe
        endStripe()
      }
      unsafe rest.append(contentsOf: buffer[offset...])
    }
  }

  private mutating func endStripe() {
    inBlock += BlockState.stripe
    guard inBlock == Fingerprint.blockSize else { return }
    blocks.append(unsafe state.finished(UnsafeRawBufferPointer(start: nil, count: 0), count: inBlock))
    state = BlockState()
    inBlock = 0
  }

  /// The fingerprint of everything so far.
  public func finished() -> Fingerprint {
    var blocks = blocks
    if inBlock + rest.count > 0 {
      blocks.append(unsafe rest.withUnsafeBytes { unsafe state.finished($0, count: inBlock + rest.count) })
    }
    return Fingerprint.combined(blocks: blocks, length: length)
  }
}

extension Fingerprint: CustomStringConvertible {
  /// 32 hexadecimal digits.
  public var description: String { Self.hex(high) + Self.hex(low) }

  /// The fingerprint that 32 hexadecimal digits spell.
  public init?(_ text: String) {
    // `UInt64` would take a sign for a digit.
    guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
      let high = UInt64(text.prefix(16), radix: 16), let low = UInt64(text.suffix(16), radix: 16)
    else { return nil }
    self.init(high: high, low: low)
  }

  private static func hex(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
