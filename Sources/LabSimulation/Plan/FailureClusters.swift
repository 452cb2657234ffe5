import LabCore
import LabScenario

/// When each provider has a bad time: a process of two states with exponential stays, drawn serially for a cycle.
///
/// Half of a provider's failures fall into bad times. With the mean failure share e and the factor F, a bad time fails
/// F·e of its calls and takes the share 1/(2F) of all time; the rest fails e·F/(2F − 1). With F = 1 both are e, and
/// failures are independent.
struct FailureClusters: Sendable {
  /// Failure shares in good and bad times.
  struct Shares: Sendable {
    var good: Double
    var bad: Double
  }

  /// No provider's share of failures in bad times is above this.
  private static let highestShare = 0.95
  /// Shorter clusters than this are no clusters.
  private static let shortestMean = TimeSpan.minutes(1)

  let shares: ContiguousArray<Shares>
  /// Per provider the starts and ends of bad times, in microseconds, rising.
  let starts: [ContiguousArray<Int64>]
  let ends: [ContiguousArray<Int64>]

  init(_ scenario: Scenario, cycle: Int, from start: Instant, to end: Instant) {
    var shares: ContiguousArray<Shares> = []
    var starts: [ContiguousArray<Int64>] = []
    var ends: [ContiguousArray<Int64>] = []
    for (index, provider) in scenario.providers.enumerated() {
      let mean = min(1, max(0, provider.errorRate))
      let limit = mean > 0 ? max(1, Self.highestShare / mean) : 1
      let factor = min(max(1, provider.clusterFactor), limit)
      shares.append(Shares(good: mean * factor / (2 * factor - 1), bad: mean * factor))
      var random = RandomStream(
        seed: scenario.seed, purpose: StreamPurpose.failureClusters.rawValue, key: UInt64(index), second: UInt64(cycle))
      var providerStarts: ContiguousArray<Int64> = []
      var providerEnds: ContiguousArray<Int64> = []
      if factor > 1, mean > 0 {
        let badMean = Double(max(provider.clusterLength, Self.shortestMean).microseconds)
        let goodMean = badMean * (2 * factor - 1)
        var isBad = random.chance(1 / (2 * factor))
        var time = Double(start.microseconds)
        while time < Double(end.microseconds) {
          let stay = random.exponential() * (isBad ? badMean : goodMean)
          if isBad {
            providerStarts.append(Int64(time))
            providerEnds.append(Int64(min(time + stay, Double(end.microseconds))))
          }
          time += max(1, stay)
          isBad.toggle()
        }
      }
      starts.append(providerStarts)
      ends.append(providerEnds)
    }
    self.shares = shares
    self.starts = starts
    self.ends = ends
  }

  /// The index of a provider's first bad time that ends after a moment.
  func firstIndex(of provider: Int, endingAfter microseconds: Int64) -> Int {
    var low = 0
    var high = ends[provider].count
    while low < high {
      let middle = (low + high) / 2
      if ends[provider][middle] <= microseconds { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
