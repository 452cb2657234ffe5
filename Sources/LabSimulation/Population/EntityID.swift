import LabCore

/// Ids of organizations and customers, derived from the seed.
enum EntityID {
  /// `org-` and a UUID.
  static func organization(_ index: Int, seed: UInt64) -> String {
    "org-" + uuid(RandomStream(seed: seed, purpose: StreamPurpose.organizationID.rawValue, key: UInt64(index)))
  }

  /// `cust-` and a UUID. Customers who join in different cycles have different ids.
  static func customer(_ index: Int, cycle: Int, seed: UInt64) -> String {
    "cust-"
      + uuid(
        RandomStream(
          seed: seed, purpose: StreamPurpose.customerID.rawValue, key: UInt64(index), second: UInt64(cycle)))
  }

  /// A random UUID (RFC 9562, version 4) from the next two numbers of a stream.
  private static func uuid(_ stream: RandomStream) -> String {
    var random = stream
    let high = random.next() & ~0xf000 | 0x4000
    let low = random.next() & ~(3 << 62) | 2 << 62
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (word, dashes) in [(high, [8, 12]), (low, [0, 4])] {
      for position in 0..<16 {
        if dashes.contains(position) { text.append(UInt8(ascii: "-")) }
        text.append(digits[Int(word >> UInt64(60 - 4 * position) & 15)])
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
