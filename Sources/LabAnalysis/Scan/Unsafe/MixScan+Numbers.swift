import LabTable

/// How ``MixScan`` finds the combination of every row.
///
/// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, the other lengths are compared before the
/// loop; what a row leads to is checked for every row.
extension MixScan {
  mutating func number(_ columns: borrowing PricedColumns, features: borrowing ContiguousArray<UInt32>) {
    precondition(columns.count <= features.count && columns.count <= flags.count && columns.count <= slots.count)
    precondition(columns.count <= places.count)
    let (inputs, outputs) = (columns.inputs.span, columns.outputs.span)
    let (cached, written, written1h) = (columns.cached.span, columns.written.span, columns.written1h.span)
    let (providers, models, features) = (columns.providers.span, columns.models.span, features.span)
    let (tiers, errors) = (columns.tiers.span, columns.errors.span)
    let (rowSlots, rowFlags, plain) = (slots, flags, isPlain)
    let (found, flags, isPlain) = (rowSlots.span, rowFlags.span, plain.span)
    let modelCount = prices.modelCount
    let unknown = IntegerColumn.unknown
    // Out of the value while the loop runs, so that no access is checked row by row.
    var numbers = KeyNumbers()
    var recent: RecentNumbers?
    swap(&numbers, &self.numbers)
    swap(&recent, &self.recent)
    for row in 0..<columns.count {
      let (input, output) = unsafe (inputs[unchecked: row], outputs[unchecked: row])
      let (provider, model) = unsafe (providers[unchecked: row], models[unchecked: row])
      let pair = Int(provider) &* modelCount &+ Int(model)
      var (slot, latest) = (-1, -1)
      var latestCost: Int64 = 0
      if hasPrices, input != unknown, output != unknown {
        // Unknown is the least number of all, so that the larger of it and zero is zero.
        let uncached =
          unsafe input &- max(cached[unchecked: row], 0) &- max(written[unchecked: row], 0)
          &- max(written1h[unchecked: row], 0)
        if uncached >= 0, uncached <= input {
          slot = unsafe Int(found[unchecked: row])
          latest = unsafe Int(prices.latestSlot(pair: pair, tierCode: Int(tiers[unchecked: row]), input: input))
          if (slot >= 0 && !isPlain[slot]) || (latest >= 0 && !isPlain[latest]) {
            (slot, latest, latestCost) = unsafe look(
              columns, row, slot: slot, latest: latest, input, output, error: errors[unchecked: row])
          }
        }
      }
      let (feature, flag) = unsafe (features[unchecked: row], flags[unchecked: row])
      let packed = RecentNumbers.packed(pair: pair, feature: feature, flags: flag, slot: slot, latest: latest)
      var number = recent?.number(of: packed) ?? -1
      if number < 0 {
        number = numbers.number(
          of: KeyNumbers.Key(
            first: UInt64(provider) &<< 32 | UInt64(model), second: UInt64(feature) &<< 32 | UInt64(flag),
            third: UInt64(slot &+ 1) &<< 32 | UInt64(latest &+ 1)))
        recent?.keep(number, of: packed)
        if number == sums.count {
          sums.append(SIMD16(repeating: 0))
          largest.append(SIMD2(repeating: 0))
        }
      }
      if latestCost != 0 { sums[number][MixCells.Lane.latestCost] &+= latestCost }
      places[row] = UInt32(truncatingIfNeeded: number)
    }
    swap(&numbers, &self.numbers)
    swap(&recent, &self.recent)
  }

  /// The slots of a call for which more than their numbers counts: classes without a price, and a cost at the latest
  /// prices that is rounded call by call.
  @inline(never)
  private func look(
    _ columns: borrowing PricedColumns, _ row: Int, slot: Int, latest: Int, _ input: Int64, _ output: Int64,
    error: UInt32
  ) -> (slot: Int, latest: Int, latestCost: Int64) {
    var (slot, latest, latestCost) = (slot, latest, Int64(0))
    let tokens = columns.tokens(row)
    if slot >= 0, !prices.slots[slot].pricesAll, tokens.lackPrice(prices.slots[slot].isPriced) { slot = -1 }
    if latest >= 0, !prices.slots[latest].pricesAll, tokens.lackPrice(prices.slots[latest].isPriced) { latest = -1 }
    if latest >= 0, !isWhole[latest] {
      latestCost = self.latestCost(prices.slots[latest], tokens, input: input, output: output, errorCode: error)
    }
    return (slot, latest, latestCost)
  }
}

/// The numbers of the combinations that came last: a table with a place for each few of them, by all of their codes packed
/// into one word.
struct RecentNumbers: Sendable {
  private struct Entry: Sendable {
    /// Of no combination: slots of it don't exist.
    var key = UInt64.max
    var number = -1
  }

  private var entries: ContiguousArray<Entry>
  private static let placeBits: UInt64 = 13

  /// Nil where there are more codes than a packed word has room for.
  init?(pairs: Int, features: Int, slots: Int) {
    guard pairs <= 1 << 16, features <= 1 << 14, slots < 1 << 12 - 1 else { return nil }
    entries = ContiguousArray(repeating: Entry(), count: 1 << Int(Self.placeBits))
  }

  /// Codes of one combination, each in bits of its own: 16 for the pair, 14 for the feature, 10 for flags, 12 for each slot.
  @inline(__always)
  static func packed(pair: Int, feature: UInt32, flags: UInt32, slot: Int, latest: Int) -> UInt64 {
    let codes = UInt64(truncatingIfNeeded: pair) &<< 14 | UInt64(feature)
    let rest = UInt64(truncatingIfNeeded: slot &+ 1) &<< 12 | UInt64(truncatingIfNeeded: latest &+ 1)
    return (codes &<< 10 | UInt64(flags)) &<< 24 | rest
  }

  @inline(__always)
  private static func place(of key: UInt64) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9e37_79b9_7f4a_7c15) &>> (64 &- placeBits))
  }

  /// The number of a combination, or -1.
  @inline(__always)
  func number(of key: UInt64) -> Int {
    let entry = entries[Self.place(of: key)]
    return entry.key == key ? entry.number : -1
  }

  mutating func keep(_ number: Int, of key: UInt64) {
    entries[Self.place(of: key)] = Entry(key: key, number: number)
  }
}
