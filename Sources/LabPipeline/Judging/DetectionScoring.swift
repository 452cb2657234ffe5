import LabAnalysis
import LabCore
import LabReport

/// Holds what a detector reported against the truth.
///
/// A detection matches an item when its detector is in the item's `scored_by`, every key that both name is equal, and it
/// overlaps [start, end + one bin of the detector]. A detection without an entity must also be explained: the item's
/// expected excess inside its window, spread evenly over the item's time, is at least half of what the detection measured
/// (a detector that measures no money has nothing to explain).
///
/// A detection that matches nothing is judged against the rest of the truth by the same rule: what is neutral, and the
/// incidents of other detectors, count neither for nor against it. One that names a customer's item without naming
/// anybody is not explained by it, since single customers who leave change nothing that the whole would show.
public struct DetectionScoring: Sendable {
  /// What became of a detection.
  public enum Outcome: Hashable, Sendable {
    /// The place of the item in the truth.
    case right(Int)
    case neutral(Int)
    case falseAlarm
  }

  public let detector: Detection.Detector
  public let detections: [Detection]
  /// One per detection.
  public let outcomes: [Outcome]
  /// The places of the eligible items that no detection matches.
  public let missed: [Int]
  public let score: DetectionScore

  /// The part of an event's excess that an item must explain.
  private static let explainedPart = 0.5

  /// - Parameter detections: of all detectors; the others' are left out.
  public init(_ detector: Detection.Detector, _ detections: [Detection], truth: Truth) {
    let own = detections.filter { $0.detector == detector }
    var score = DetectionScore(detector)
    var matching: [[Int]] = Array(repeating: [], count: truth.items.count)
    var outcomes: [Outcome] = []
    for (place, detection) in own.enumerated() {
      let items = truth.items.indices.filter {
        truth.items[$0].scoredBy.contains(detector) && Self.matches(detection, truth.items[$0])
      }
      for item in items { matching[item].append(place) }
      if let item = Self.best(of: items, for: detection, in: truth) {
        outcomes.append(.right(item))
      } else if let item = truth.items.indices.first(where: { Self.accounts(truth.items[$0], for: detection) }) {
        outcomes.append(.neutral(item))
        score.neutral += 1
      } else {
        outcomes.append(.falseAlarm)
        score.falseAlarms += 1
      }
    }
    let right = Set(outcomes.compactMap { if case .right(let item) = $0 { item } else { nil } })
    score.right = right.count
    var missed: [Int] = []
    for (index, item) in truth.items.enumerated() {
      let first = matching[index].map { own[$0] }.min { $0.detectedAt < $1.detectedAt }
      if item.isEligible(for: detector) {
        score.eligible += 1
        if let first {
          score.found += 1
          score.hours.append(max(0, (first.detectedAt - item.start).hours))
        } else {
          missed.append(index)
        }
      }
      if right.contains(index), let told = matching[index].compactMap({ own[$0].kind }).first {
        score.kindsTold += 1
        // Several detections of one item are one report, which may name the right kind among others.
        if told == item.kind || matching[index].contains(where: { own[$0].kind == item.kind }) { score.kindsRight += 1 }
      }
    }
    self.detector = detector
    self.detections = own
    self.outcomes = outcomes
    self.missed = missed
    self.score = score
  }

  /// Whether a detection is about an item, whoever is scored by it.
  static func matches(_ detection: Detection, _ item: Truth.Item) -> Bool {
    guard detection.start <= item.end + detection.bin, detection.end > item.start else { return false }
    for key in detection.keys {
      if let other = item.keys.first(where: { $0.column == key.column }), other.value != key.value { return false }
    }
    guard detection.keys.isEmpty, let measured = detection.excess else { return true }
    guard let excess = item.excess else { return false }
    let length = Double((item.end - item.start).microseconds)
    let common = Double(
      max(
        0,
        min(item.end.microseconds, detection.end.microseconds)
          - max(item.start.microseconds, detection.start.microseconds)))
    let inside = length > 0 ? excess.dollars * min(1, common / length) : excess.dollars
    return abs(inside) >= explainedPart * abs(measured.dollars)
  }

  /// Whether what the detector isn't scored by accounts for a detection.
  private static func accounts(_ item: Truth.Item, for detection: Detection) -> Bool {
    guard item.isNeutral || !item.scoredBy.contains(detection.detector) else { return false }
    guard item.isNeutral, detection.keys.isEmpty else { return matches(detection, item) }
    // Neutral items have no excess to explain anything with.
    var unmeasured = detection
    unmeasured.excess = nil
    return !item.keys.contains { $0.column == "customer_id" } && matches(unmeasured, item)
  }

  /// The item that a detection is counted for: the one that names the most of its keys, then the one that lies nearest to
  /// its start.
  private static func best(of items: [Int], for detection: Detection, in truth: Truth) -> Int? {
    func named(_ index: Int) -> Int { truth.items[index].keys.count { detection.keys.contains($0) } }
    func distance(_ index: Int) -> UInt64 { (truth.items[index].start - detection.start).microseconds.magnitude }
    return items.min { (-named($0), distance($0), $0) < (-named($1), distance($1), $1) }
  }
}

extension Detection.Detector {
  /// The analyzer that reports for it.
  public var analyzer: String {
    switch self {
    case .abuse: "abuse_detection"
    case .costEvents, .drift: "realtime"
    case .performance: "performance"
    case .churn: "churn_growth"
    }
  }
}

extension LoadedData {
  /// The results with the precision and recall of abuse cases, where the truth tells them.
  func filledIn(_ results: [AnalyzerResult]) -> [AnalyzerResult] {
    guard let score = scorings(of: results).first(where: { $0.detector == .abuse })?.score else { return results }
    return results.map { result in
      guard result.id == Detection.Detector.abuse.analyzer else { return result }
      return result.filling(
        "precision", with: score.precision.map { .number($0) }, else: "there is no case that the truth speaks of"
      ).filling("recall", with: score.recall.map { .number($0) }, else: "the truth has no misuse to find")
    }
  }

  /// The detectors of analyzers that ran, each held against the truth beside the data; empty without one, and when only a
  /// part of the calls is meant, since the truth speaks of all of them.
  public func scorings(of results: [AnalyzerResult]) -> [DetectionScoring] {
    guard let truth, selection == nil, truth.items.contains(where: { !$0.scoredBy.isEmpty }) else { return [] }
    return Detection.Detector.allCases.compactMap { detector in
      guard let result = results.first(where: { $0.id == detector.analyzer }), result.error == nil else { return nil }
      return DetectionScoring(detector, result.detections, truth: truth)
    }
  }
}
