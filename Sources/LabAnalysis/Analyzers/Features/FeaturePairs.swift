import LabCore
import LabTable

/// What customers did with features: for every pair its calls, and a bit for each day with one.
///
/// Up to a million possible pairs stand in an array by number. Beyond, those that occur get places as they come, found by
/// an open-addressing table; memory then grows with them up to ``sparseLimit``, past which the pairs are given up.
struct FeaturePairs: Sendable {
  /// Pairs that are kept at the most where they have no place of their own: 16 bytes and their days each.
  private static let sparseLimit = 1 << 21
  private static let sparseWordLimit = 1 << 22

  private let features: Int
  private let isDense: Bool
  private let words: Int
  private let days: Range<Int>
  /// Customer · features + feature of each place; empty where places are these numbers.
  private var numbers: ContiguousArray<UInt64> = []
  private var slots: ContiguousArray<UInt32> = []
  private(set) var calls: ContiguousArray<UInt32>
  /// `words` words a place.
  private(set) var bits: ContiguousArray<UInt64>
  /// Whether there were too many pairs to keep.
  private(set) var isGivenUp = false

  init(_ plan: FeatureScan.Plan) {
    features = plan.features
    isDense = plan.isDense
    words = plan.words
    days = plan.days
    let count = plan.isDense ? plan.customers * plan.features : 0
    calls = ContiguousArray(repeating: 0, count: count)
    bits = ContiguousArray(repeating: 0, count: count * plan.words)
    if !plan.isDense { slots = ContiguousArray(repeating: 0, count: 1 << 16) }
  }

  mutating func add(_ block: CallBlock) {
    guard !isGivenUp else { return }
    if isDense { return addDense(block) }
    let (customerCodes, featureCodes) = (block.codes(.customerID), block.codes(.featureID))
    let timeValues = block.integers(.timestamp)
    let (customers, features, times) = (customerCodes.span, featureCodes.span, timeValues.span)
    var (start, day) = (Int64.max, 0)
    for row in 0..<block.count {
      let time = times[row]
      guard time != IntegerColumn.unknown else { continue }
      if time < start || time &- start >= Months.microsecondsPerDay {
        let number = floorDivide(time, Months.microsecondsPerDay)
        start = number &* Months.microsecondsPerDay
        day = Int(number) - days.lowerBound
      }
      let number = Int(customers[row]) &* self.features &+ Int(features[row])
      guard let place = sparsePlace(UInt64(number)) else { return }
      calls[place] &+= 1
      if day >= 0, day < days.count { bits[place &* words &+ day >> 6] |= 1 &<< UInt64(day & 63) }
    }
  }

  private mutating func addDense(_ block: CallBlock) {
    let (customerCodes, featureCodes) = (block.codes(.customerID), block.codes(.featureID))
    let timeValues = block.integers(.timestamp)
    let (customers, features, times) = (customerCodes.span, featureCodes.span, timeValues.span)
    let (width, words, firstDay, dayCount) = (self.features, words, days.lowerBound, days.count)
    var (start, day) = (Int64.max, 0)
    // Out of the value while the loop runs, so that no access is checked row by row.
    var (calls, bits): (ContiguousArray<UInt32>, ContiguousArray<UInt64>) = ([], [])
    swap(&calls, &self.calls)
    swap(&bits, &self.bits)
    var callsOf = calls.mutableSpan
    var bitsOf = bits.mutableSpan
    for row in 0..<block.count {
      let later = min(row &+ Prefetch.rowsAhead, block.count &- 1)
      let laterPlace = Int(customers[later]) &* width &+ Int(features[later])
      Prefetch.element(laterPlace, of: callsOf)
      Prefetch.element(laterPlace &* words &+ day >> 6, of: bitsOf)
      let time = times[row]
      guard time != IntegerColumn.unknown else { continue }
      if time < start || time &- start >= Months.microsecondsPerDay {
        let number = floorDivide(time, Months.microsecondsPerDay)
        start = number &* Months.microsecondsPerDay
        day = Int(number) - firstDay
      }
      let place = Int(customers[row]) &* width &+ Int(features[row])
      callsOf[place] &+= 1
      if day >= 0, day < dayCount { bitsOf[place &* words &+ day >> 6] |= 1 &<< UInt64(day & 63) }
    }
    swap(&calls, &self.calls)
    swap(&bits, &self.bits)
  }

  /// The place of a pair, new where it has none; nil when there are too many.
  private mutating func sparsePlace(_ number: UInt64) -> Int? {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
    while slots[slot] != 0 {
      let place = Int(slots[slot]) - 1
      if numbers[place] == number { return place }
      slot = (slot + 1) & mask
    }
    guard numbers.count < Self.sparseLimit, bits.count < Self.sparseWordLimit else {
      giveUp()
      return nil
    }
    numbers.append(number)
    calls.append(0)
    for _ in 0..<words { bits.append(0) }
    slots[slot] = UInt32(numbers.count)
    if numbers.count * 2 > slots.count { grow() }
    return numbers.count - 1
  }

  private mutating func grow() {
    slots = ContiguousArray(repeating: 0, count: slots.count * 2)
    let mask = slots.count - 1
    for (place, number) in numbers.enumerated() {
      var slot = Int(truncatingIfNeeded: (number &* 0x9e37_79b9_7f4a_7c15) >> 20) & mask
      while slots[slot] != 0 { slot = (slot + 1) & mask }
      slots[slot] = UInt32(place + 1)
    }
  }

  private mutating func giveUp() {
    isGivenUp = true
    (numbers, slots, calls, bits) = ([], [], [], [])
  }

  mutating func merge(_ other: FeaturePairs) {
    guard !isGivenUp, !other.isGivenUp else { return giveUp() }
    for place in other.calls.indices where other.calls[place] > 0 {
      guard let own = isDense ? place : sparsePlace(other.numbers[place]) else { return }
      calls[own] &+= other.calls[place]
      for word in 0..<words { bits[own * words + word] |= other.bits[place * words + word] }
    }
  }

  /// A pair with calls.
  struct Pair {
    var customer: Int
    var feature: Int
    var calls: Int64
    /// Where its words begin in ``FeaturePairs/bits``.
    var place: Int
  }

  /// The pairs with calls, by customer, then by feature.
  var all: [Pair] {
    let places = calls.indices.filter { calls[$0] > 0 }
    let ordered = isDense ? places : places.sorted { numbers[$0] < numbers[$1] }
    return ordered.map { place in
      let number = isDense ? place : Int(numbers[place])
      return Pair(
        customer: number / features, feature: number % features, calls: Int64(calls[place]), place: place * words)
    }
  }

  /// The number of days with a call.
  func activeDays(_ pair: Pair) -> Int64 {
    bits[pair.place..<(pair.place + words)].reduce(0) { $0 + Int64($1.nonzeroBitCount) }
  }

  /// The number of days of a mask with a call.
  func activeDays(_ pair: Pair, _ mask: [UInt64]) -> Int64 {
    var count: Int64 = 0
    for word in 0..<words { count += Int64((bits[pair.place + word] & mask[word]).nonzeroBitCount) }
    return count
  }

  /// The words of a set of days, to be compared with a pair's.
  func mask(_ range: Range<Int>) -> [UInt64] {
    var mask = [UInt64](repeating: 0, count: words)
    for day in range.clamped(to: days) {
      let bit = day - days.lowerBound
      mask[bit >> 6] |= 1 << UInt64(bit & 63)
    }
    return mask
  }

  /// Whether a pair has a call on one of the days of a mask.
  func isActive(_ pair: Pair, _ mask: [UInt64]) -> Bool {
    for word in 0..<words where bits[pair.place + word] & mask[word] != 0 { return true }
    return false
  }
}
