import LabCore
import LabTestSupport
import Testing

@testable import LabAnalysis

/// The four real load series, summed by hour, in thousandths of a request.
private func realLoads() throws -> [(model: String, hours: [Int64])] {
  let bytes = try SharedData.bytes(of: "servegen_load_10min.csv")
  var sums: [String: [Int: Int64]] = [:]
  for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst() {
    let fields = line.split(separator: ",")
    guard fields.count == 3, let start = Int(fields[1]), let requests = Double(fields[2]) else { continue }
    sums[String(fields[0]), default: [:]][start / 3600, default: 0] += Int64((requests * 1000).rounded())
  }
  return sums.sorted { $0.key < $1.key }.map { ($0.key, $0.value.sorted { $0.key < $1.key }.map(\.value)) }
}

@Suite struct CommitmentChoiceTests {
  /// The greatest saving over every level that could be best: zero and each load.
  private func exhaustive(_ loads: [Int64], _ ratio: Double) -> Double {
    ([0] + loads).map { CommitmentChoice.saving(of: $0, over: loads, ratio: ratio) }.max() ?? 0
  }

  @Test func `the level that half of four hours exceed saves three of ten`() {
    #expect(CommitmentChoice.level(for: [4, 1, 3, 2], ratio: 0.5) == 2)
    #expect(CommitmentChoice.saving(of: 2, over: [4, 1, 3, 2], ratio: 0.5) == 3)
    #expect(CommitmentChoice.level(for: [], ratio: 0.5) == 0)
    #expect(CommitmentChoice.level(for: [5, 5], ratio: 1) == 0)
    #expect(CommitmentChoice.level(for: [0, 0, 0, 9], ratio: 0.7) == 0)
  }

  @Test func `for random loads and ratios no level saves more`() {
    var random = RandomStream(seed: 3, purpose: 31)
    for _ in 0..<300 {
      let loads = (0..<(1 + random.below(60))).map { _ in Int64(random.below(50)) }
      let ratio = 0.05 + 0.9 * random.unit()
      let level = CommitmentChoice.level(for: loads, ratio: ratio)
      let found = CommitmentChoice.saving(of: level, over: loads, ratio: ratio)
      #expect(abs(found - exhaustive(loads, ratio)) < 1e-6)
      // Resampled days with every day drawn once are the days themselves.
      let sorted = loads.enumerated().map { (load: $0.element, day: $0.offset) }.sorted { $0.load > $1.load }
      let drawn = CommitmentChoice.level(forSorted: sorted, timesDrawn: loads.map { _ in 1 }, ratio: ratio)
      #expect(drawn == level)
    }
  }

  @Test(.enabled(if: SharedData.isPresent, SharedData.absence))
  func `on the four real hourly loads at a ratio of 0.7 the choice equals exhaustive search`() throws {
    let series = try realLoads()
    #expect(series.count == 4)
    for (model, hours) in series {
      // Fourteen days; the reasoning model has one.
      #expect(hours.count == (model.hasPrefix("reason/") ? 24 : 14 * 24), "\(model)")
      let level = CommitmentChoice.level(for: hours, ratio: 0.7)
      #expect(CommitmentChoice.saving(of: level, over: hours, ratio: 0.7) == exhaustive(hours, 0.7), "\(model)")
      #expect(hours.contains(level), "\(model)")
    }
  }
}
