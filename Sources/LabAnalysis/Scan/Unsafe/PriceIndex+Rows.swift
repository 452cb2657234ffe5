import LabTable

extension PriceIndex {
  /// Writes the number of the slot that prices each call of a block to the front of `found`: -1 where the book lacks the
  /// model, its tier, or a price in force.
  ///
  /// Invariant: `PricedColumns` has made sure that its columns hold `count` rows, and `found` is compared here; what a row
  /// leads to is checked row by row.
  mutating func findSlots(
    _ columns: borrowing PricedColumns, into found: inout ContiguousArray<Int32>
  ) {
    let count = columns.count
    precondition(count <= found.count)
    // Nothing has been found before, nor will be.
    if slots.isEmpty { return }
    let (providers, models, tierCodes) = (columns.providers.span, columns.models.span, columns.tiers.span)
    let (times, inputs) = (columns.times.span, columns.inputs.span)
    let (firstEntries, knownTiers, knownBounds) = (self.firstEntries, self.tiers, self.bounds)
    let (entries, tiers, bounds) = (firstEntries.span, knownTiers.span, knownBounds.span)
    let modelCount = self.modelCount
    var found = found.mutableSpan
    var served: ContiguousArray<Int32> = []
    swap(&served, &latest)
    for row in 0..<count {
      let pair = unsafe Int(providers[unchecked: row]) &* modelCount &+ Int(models[unchecked: row])
      let tierCode = unsafe Int(tierCodes[unchecked: row])
      let tier = tierCode < tiers.count ? tiers[tierCode] : 0
      guard pair < entries.count, entries[pair] >= 0, tier >= 0 else {
        unsafe found[unchecked: row] = -1
        continue
      }
      let entry = Int(entries[pair]) &+ Int(tier)
      let (time, input) = unsafe (times[unchecked: row], inputs[unchecked: row])
      var slot = served[entry]
      if slot < 0 || !bounds[Int(slot)].hold(time, input) {
        slot = search(entry, time, input)
        if slot >= 0 { served[entry] = slot }
      }
      unsafe found[unchecked: row] = slot
    }
    swap(&served, &latest)
  }
}
