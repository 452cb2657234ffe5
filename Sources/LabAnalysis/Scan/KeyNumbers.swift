/// Numbers wide keys in the order in which they first occur, so that sums by key stand in an array however few of all
/// possible combinations a file has.
///
/// Open addressing with linear steps over a table of at most half as many keys as places: Knuth, "The Art of Computer
/// Programming", volume 3 (1998), section 6.4, algorithm L.
struct KeyNumbers: Sendable {
  /// Three words that a scan packs codes into.
  struct Key: Hashable, Sendable, Comparable {
    var first: UInt64
    var second: UInt64
    var third: UInt64 = 0

    static func < (left: Key, right: Key) -> Bool {
      (left.first, left.second, left.third) < (right.first, right.second, right.third)
    }

    @inline(__always)
    fileprivate var hash: UInt64 {
      // Odd constants of the golden ratio and of MurmurHash3's finalizer spread neighbouring codes over the upper bits.
      let mixed =
        first &* 0x9e37_79b9_7f4a_7c15 ^ (second &* 0xff51_afd7_ed55_8ccd) ^ (third &* 0xc4ce_b9fe_1a85_ec53)
      return (mixed ^ (mixed &>> 32)) &* 0x9e37_79b9_7f4a_7c15
    }
  }

  /// By number.
  private(set) var keys: ContiguousArray<Key> = []
  /// The number plus one of the key at a place; 0 for a free place.
  private var places: ContiguousArray<Int32>
  private var shift: UInt64

  init() {
    places = ContiguousArray(repeating: 0, count: 1024)
    shift = 64 - 10
  }

  var count: Int { keys.count }

  /// The number of a key; a new key gets the next.
  @inline(__always)
  mutating func number(of key: Key) -> Int {
    var place = Int(truncatingIfNeeded: key.hash &>> shift)
    while true {
      let number = Int(places[place]) &- 1
      if number < 0 { return insert(key, at: place) }
      if keys[number] == key { return number }
      place = (place &+ 1) & (places.count &- 1)
    }
  }

  @inline(never)
  private mutating func insert(_ key: Key, at place: Int) -> Int {
    keys.append(key)
    places[place] = Int32(truncatingIfNeeded: keys.count)
    if keys.count * 2 > places.count { grow() }
    return keys.count - 1
  }

  private mutating func grow() {
    shift -= 1
    places = ContiguousArray(repeating: 0, count: places.count * 2)
    for (number, key) in keys.enumerated() {
      var place = Int(truncatingIfNeeded: key.hash &>> shift)
      while places[place] != 0 { place = (place + 1) & (places.count - 1) }
      places[place] = Int32(truncatingIfNeeded: number + 1)
    }
  }
}
