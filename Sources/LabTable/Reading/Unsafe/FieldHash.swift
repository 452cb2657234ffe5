/// The hash of a field's bytes, for dictionaries and call ids.
///
/// Words are multiplied and folded (the idea of MUM and wyhash), with fixed keys: equal bytes hash alike in every run.
/// Invariant: every load lies inside the field.
enum FieldHash {
  private static var first: UInt64 { 0xa076_1d64_78bd_642f }
  private static var second: UInt64 { 0xe703_7ed1_a0b4_28db }

  static func of(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard let base = bytes.baseAddress else { return unsafe of(UnsafePointer(bitPattern: 1).unsafelyUnwrapped, 0) }
    return unsafe of(base, bytes.count)
  }

  @inline(__always) static func of(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let raw = unsafe UnsafeRawPointer(base)
    var state = UInt64(truncatingIfNeeded: count) &* first
    if count > 16 {
      var offset = 0
      while offset < count - 16 {
        state = unsafe fold(word(raw, offset) ^ first ^ state, word(raw, offset + 8) ^ second)
        offset += 16
      }
      return unsafe fold(word(raw, count - 16) ^ first ^ state, word(raw, count - 8) ^ second)
    }
    if count >= 8 { return unsafe fold(word(raw, 0) ^ first ^ state, word(raw, count - 8) ^ second) }
    if count >= 4 {
      let low = unsafe UInt64(raw.loadUnaligned(as: UInt32.self))
      let high = unsafe UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self))
      return fold((low | high << 32) ^ first ^ state, second)
    }
    if count == 0 { return fold(first, second) }
    let short = unsafe UInt64(base[0]) | UInt64(base[count >> 1]) << 8 | UInt64(base[count - 1]) << 16
    return fold(short ^ first ^ state, second)
  }

  @inline(__always) private static func word(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
  }

  @inline(__always) private static func fold(_ x: UInt64, _ y: UInt64) -> UInt64 {
    let product = x.multipliedFullWidth(by: y)
    return product.high ^ product.low
  }
}
