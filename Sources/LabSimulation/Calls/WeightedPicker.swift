import LabCore

/// Picks customers in proportion to the clusters that they start in a slot.
///
/// Independent Poisson processes are one Poisson process whose points belong to each in proportion to its rate, so drawing
/// the number of points and then their owners is exact and costs nothing for customers without a call.
struct WeightedPicker: Sendable {
  /// Expected clusters of the slot at common factor 1.
  private(set) var total = 0.0
  private var cumulative: ContiguousArray<Double> = []
  /// Where to begin to look for a part of the total.
  private var guide: ContiguousArray<Int32> = []

  /// Sums up the customers' weights in a slot: rate × region × organization × day × the part of the slot that it is there.
  mutating func fill(_ plan: CyclePlan, slot: Slot, factors: SlotFactors) {
    let customers = plan.customers
    let regionCount = factors.regions.count
    var days: [ContiguousArray<Double>?] = []
    for region in 0..<regionCount { days.append(plan.dayFactors(region: region, at: slot.middle)) }
    cumulative.removeAll(keepingCapacity: true)
    cumulative.reserveCapacity(customers.count)
    var sum = 0.0
    var nextFactor = 0
    for index in 0..<customers.count {
      let from = max(slot.start, customers.joined[index])
      let to = min(slot.end, customers.left[index])
      var own = 1.0
      if nextFactor < factors.customers.count, factors.customers[nextFactor].customer == index {
        own = factors.customers[nextFactor].factor
        nextFactor += 1
      }
      if from < to {
        let region = customers.regions[index]
        var weight =
          customers.clusterRates[index] * factors.regions[region]
          * factors.organizations[customers.organizations[index]] * Double(to - from)
        if let day = days[region] { weight *= day[index] }
        weight *= own
        sum += weight
      }
      cumulative.append(sum)
    }
    total = sum / 3.6e9
  }

  /// Prepares for about so many picks: for many, a table that makes each one short.
  mutating func index(forPicks picks: Int) {
    guide.removeAll(keepingCapacity: true)
    let count = cumulative.count
    guard let sum = cumulative.last, sum > 0, picks * 4 > count else { return }
    guide.reserveCapacity(count)
    var index = 0
    for bucket in 0..<count {
      let limit = sum * Double(bucket) / Double(count)
      while index < count - 1, cumulative[index] <= limit { index += 1 }
      guide.append(Int32(truncatingIfNeeded: index))
    }
  }

  /// A customer with weight above 0.
  @inline(__always)
  func pick(_ random: inout RandomStream) -> Int {
    let unit = random.unit()
    let target = unit * (cumulative.last ?? 0)
    if !guide.isEmpty {
      var index = Int(guide[Int(unit * Double(guide.count))])
      // The bucket's border and the target are rounded apart: step back where that went one too far.
      while index > 0, cumulative[index - 1] > target { index -= 1 }
      while index < cumulative.count - 1, cumulative[index] <= target { index += 1 }
      return index
    }
    var low = 0
    var high = cumulative.count - 1
    while low < high {
      let middle = (low + high) / 2
      if cumulative[middle] <= target { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
