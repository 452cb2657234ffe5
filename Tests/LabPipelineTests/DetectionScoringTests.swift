import LabAnalysis
import LabCore
import LabPipeline
import Testing

/// Every rule of the matching, on detections and items made by hand.
@Suite struct DetectionScoringTests {
  private static let start = Instant(date: CivilDate(year: 2026, month: 1, day: 19))
  private static func at(_ hours: Int64) -> Instant { start + .hours(hours) }
  private static func usd(_ dollars: Int64) -> Money { Money(nanodollars: dollars * Money.nanodollarsPerDollar) }

  private static func item(
    _ kind: String = "stolen_key", customer: String? = "a", _ from: Int64 = 0, _ to: Int64 = 6,
    scoredBy: [Detection.Detector] = [.abuse], belowFloor: [Detection.Detector] = [], neutral: Bool = false,
    excess: Int64? = nil
  ) -> Truth.Item {
    Truth.Item(
      id: kind + "-1", kind: kind, keys: customer.map { [.init(column: "customer_id", value: $0)] } ?? [],
      start: at(from), end: at(to), isNeutral: neutral, scoredBy: neutral ? [] : scoredBy, belowFloor: belowFloor,
      excess: excess.map(usd))
  }

  private static func detection(
    _ detector: Detection.Detector, kind: String? = nil, customer: String? = "a", _ from: Int64, _ to: Int64,
    detected: Int64? = nil, excess: Int64? = nil
  ) -> Detection {
    Detection(
      detector, kind: kind, keys: customer.map { [.init(column: "customer_id", value: $0)] } ?? [], start: at(from),
      end: at(to), bin: .hours(1), detectedAt: at(detected ?? from + 1), excess: excess.map(usd))
  }

  /// One of abuse.
  private static func detection(
    kind: String? = nil, customer: String? = "a", _ from: Int64, _ to: Int64, detected: Int64? = nil,
    excess: Int64? = nil
  ) -> Detection {
    detection(.abuse, kind: kind, customer: customer, from, to, detected: detected, excess: excess)
  }

  private static func score(
    _ detections: [Detection], _ items: [Truth.Item], _ detector: Detection.Detector = .abuse
  ) -> DetectionScore {
    DetectionScoring(detector, detections, truth: Truth(items: items)).score
  }

  @Test func `a detection of the right customer in its time is right, whatever it is called`() {
    let score = Self.score([Self.detection(kind: "scraper", 2, 4)], [Self.item()])
    #expect(score.precision == 1 && score.recall == 1)
    #expect(score.kindAccuracy == 0 && score.kindsTold == 1)
    #expect(Self.score([Self.detection(kind: "stolen_key", 2, 4)], [Self.item()]).kindAccuracy == 1)
    #expect(Self.score([Self.detection(2, 4)], [Self.item()]).kindAccuracy == nil)
  }

  @Test func `another customer, or another detector's kind of incident, is not right`() {
    let other = Self.score([Self.detection(customer: "b", 2, 4)], [Self.item()])
    #expect(other.precision == 0 && other.recall == 0 && other.falseAlarms == 1)
    let events = Self.score([Self.detection(.costEvents, 2, 4)], [Self.item()], .costEvents)
    #expect(events.eligible == 0 && events.recall == nil)
    #expect(events.falseAlarms == 0 && events.neutral == 1 && events.precision == nil)
  }

  @Test func `an item's time ends one bin of the detector after its end`() {
    #expect(Self.score([Self.detection(7, 8)], [Self.item()]).found == 1)
    #expect(Self.score([Self.detection(8, 9)], [Self.item()]).found == 0)
    #expect(Self.score([Self.detection(-2, 0)], [Self.item()]).found == 0, "what ends at the start saw nothing of it")
    #expect(Self.score([Self.detection(-2, 1)], [Self.item()]).found == 1)
  }

  @Test func `only keys that both name must be equal`() {
    var detection = Self.detection(2, 4)
    detection.keys.append(.init(column: "region", value: "us-east"))
    #expect(Self.score([detection], [Self.item()]).found == 1)
    var item = Self.item()
    item.keys.append(.init(column: "region", value: "eu-west"))
    #expect(Self.score([detection], [item]).found == 0)
  }

  @Test func `an event without an entity is right when the item explains at least half of its excess`() {
    let item = Self.item(scoredBy: [.costEvents], excess: 60)
    func found(_ excess: Int64?, _ from: Int64 = 0, _ to: Int64 = 6) -> Int {
      let event = Self.detection(.costEvents, customer: nil, from, to, excess: excess)
      return Self.score([event], [item], .costEvents).found
    }
    #expect(found(120) == 1)
    #expect(found(121) == 0)
    // Half of its time is half of its excess.
    #expect(found(60, 0, 3) == 1)
    #expect(found(61, 0, 3) == 0)
    #expect(found(nil) == 1, "what measures no money has nothing to explain")
  }

  @Test func `several detections of one item count once`() {
    let detections = [
      Self.detection(0, 1), Self.detection(2, 3), Self.detection(4, 5), Self.detection(customer: "b", 0, 1),
    ]
    let score = Self.score(detections, [Self.item()])
    #expect(score.right == 1 && score.falseAlarms == 1 && score.found == 1)
    #expect(score.precision == 0.5)
  }

  @Test func `a detection is counted for one item, but finds all that it matches`() {
    let items = [Self.item(customer: nil, 0, 6), Self.item("scraper", 0, 6)]
    let scoring = DetectionScoring(.abuse, [Self.detection(1, 2)], truth: Truth(items: items))
    #expect(scoring.outcomes == [.right(1)], "the one that names its customer")
    #expect(scoring.score.right == 1 && scoring.score.found == 2 && scoring.missed.isEmpty)
  }

  @Test func `what is below the floor stands outside recall, and a hit on it is still right`() {
    let small = Self.item(scoredBy: [.abuse, .costEvents], belowFloor: [.costEvents])
    let missed = Self.score([], [small], .costEvents)
    #expect(missed.eligible == 0 && missed.recall == nil && missed.precision == nil)
    let hit = Self.score([Self.detection(.costEvents, 1, 2)], [small], .costEvents)
    #expect(hit.precision == 1 && hit.recall == nil)
    #expect(Self.score([], [small]).recall == 0, "for the other detector it counts")
  }

  @Test func `a hit on something neutral counts neither for nor against`() {
    let neutral = [Self.item("burst", customer: nil, neutral: true)]
    #expect(Self.score([Self.detection(1, 2)], neutral).precision == nil)
    let event = Self.detection(.costEvents, customer: nil, 1, 2, excess: 500)
    #expect(Self.score([event], neutral, .costEvents).neutral == 1)
    // One customer who leaves is no excuse for an event of the whole.
    let left = [Self.item("churn", 1, 1, neutral: true)]
    #expect(Self.score([event], left, .costEvents).falseAlarms == 1)
    #expect(Self.score([Self.detection(.costEvents, 0, 2)], left, .costEvents).neutral == 1)
  }

  @Test func `the time to detect counts from the start to the end of the first bin that fired`() {
    let score = Self.score([Self.detection(4, 5, detected: 9), Self.detection(2, 3, detected: 3)], [Self.item()])
    #expect(score.hours == [3] && score.hoursToDetect == 3)
    let early = Self.score([Self.detection(-1, 1, detected: -1)], [Self.item()])
    #expect(early.hoursToDetect == 0, "nobody finds anything before it begins")
  }

  @Test func `counts of several runs add up, and a ratio of nothing is none`() {
    let one = Self.score([Self.detection(0, 1, detected: 1)], [Self.item()])
    let two = Self.score([Self.detection(customer: "b", 0, 1)], [Self.item()])
    let three = Self.score([Self.detection(0, 1, detected: 4)], [Self.item()])
    let pooled = [one, two, three].reduce(DetectionScore(.abuse), +)
    #expect(pooled.eligible == 3 && pooled.found == 2 && pooled.recall == 2.0 / 3)
    #expect(pooled.right == 2 && pooled.falseAlarms == 1 && pooled.precision == 2.0 / 3)
    #expect(pooled.hoursToDetect == 2.5)
    let nothing = DetectionScore(.drift)
    #expect(nothing.precision == nil && nothing.recall == nil && nothing.kindAccuracy == nil)
    #expect(nothing.hoursToDetect == nil)
  }
}
