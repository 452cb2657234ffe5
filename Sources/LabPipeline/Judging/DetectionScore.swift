import LabAnalysis
import LabCore

/// How well a detector did against the truth, as counts: those of several runs add up.
public struct DetectionScore: Hashable, Sendable {
  public var detector: Detection.Detector
  /// Items that it must find, and those of them that it found.
  public var eligible = 0
  public var found = 0
  /// Items that its detections are right about, those below the floor included; several detections of one count once.
  public var right = 0
  /// Detections that nothing in the truth accounts for.
  public var falseAlarms = 0
  /// Detections of what is neutral, and of incidents that other detectors are scored by: neither for nor against.
  public var neutral = 0
  /// Of the items that it is right about, those whose kind it told, and told rightly.
  public var kindsTold = 0
  public var kindsRight = 0
  /// Of each item found, the hours from its start to the end of the first bin that fired.
  public var hours: [Double] = []

  public init(_ detector: Detection.Detector) { self.detector = detector }

  /// The share of detections that are right; nil when there are none.
  public var precision: Double? { Self.ratio(right, right + falseAlarms) }
  /// The share of eligible items that were found; nil when there are none.
  public var recall: Double? { Self.ratio(found, eligible) }
  /// The share of told kinds that are right; nil when none was told.
  public var kindAccuracy: Double? { Self.ratio(kindsRight, kindsTold) }
  /// The median of the hours to detect; nil when nothing was found.
  public var hoursToDetect: Double? {
    guard !hours.isEmpty else { return nil }
    let sorted = hours.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  private static func ratio(_ part: Int, _ whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }

  /// The counts of two runs together.
  public static func + (left: DetectionScore, right: DetectionScore) -> DetectionScore {
    var sum = left
    sum.eligible += right.eligible
    sum.found += right.found
    sum.right += right.right
    sum.falseAlarms += right.falseAlarms
    sum.neutral += right.neutral
    sum.kindsTold += right.kindsTold
    sum.kindsRight += right.kindsRight
    sum.hours += right.hours
    return sum
  }
}
