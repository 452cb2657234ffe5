/// Names in the order of their UTF-8 bytes, so that nothing depends on the order of a file's rows.
enum NameOrder {
  /// The first sixteen bytes of a name as a number, and where the name is: what nearly all comparisons are decided by.
  private struct Key {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var place: Int

    init(_ name: String, _ place: Int) {
      self.place = place
      var shift: UInt64 = 120
      for byte in name.utf8.prefix(16) {
        if shift >= 64 { high |= UInt64(byte) << (shift - 64) } else { low |= UInt64(byte) << shift }
        shift &-= 8
      }
    }
  }

  /// The places of names in their order; equal names keep theirs.
  static func places(of names: [String]) -> [Int] {
    let keys = names.indices.map { Key(names[$0], $0) }
    return keys.sorted { left, right in
      if left.high != right.high { return left.high < right.high }
      if left.low != right.low { return left.low < right.low }
      return names[left.place].utf8.lexicographicallyPrecedes(names[right.place].utf8)
    }.map(\.place)
  }
}
