import LabAnalysis
import LabCore
import LabFiles
import LabTestSupport
import Synchronization
import Testing

@testable import LabPipeline

/// Reading the truth beside a data file, whole, damaged or missing.
@Suite struct TruthTests {
  private static func document(_ items: String) -> [UInt8] {
    Array("{ \"format\": \"finops-lab/truth/1\", \"seed\": 1, \"items\": [ \(items) ] }".utf8)
  }

  private static let item = """
    { "id": "outage-1", "kind": "outage", "entity": { "provider": "openai" }, "start": "2026-01-20T00:00:00Z",
      "end": "2026-01-20T03:00:00Z", "neutral": false, "expected_excess_usd": -0.201838488,
      "scored_by": [ "performance", "a_later_one" ], "below_floor": [], "added_later": 1 }
    """

  @Test func `an item is read with its keys, its time and the detectors that this version knows`() throws {
    let truth = try Truth.read(Self.document(Self.item), name: "t.json")
    let item = try #require(truth.items.first)
    #expect(item.id == "outage-1" && item.keys == [.init(column: "provider", value: "openai")])
    #expect(item.start == Instant("2026-01-20T00:00:00Z") && item.end - item.start == .hours(3))
    #expect(item.scoredBy == [.performance] && item.belowFloor.isEmpty && !item.isNeutral)
    #expect(item.excess == Money(nanodollars: -201_838_488))
    #expect(item.isEligible(for: .performance) && !item.isEligible(for: .abuse))
  }

  @Test(arguments: [
    ("{", "JSON"), ("[]", "expected an object"), ("{ \"format\": \"other\", \"items\": [] }", "is no truth file"),
    ("{ \"format\": \"finops-lab/truth/1\" }", "key 'items' is missing"),
    ("{ \"format\": \"finops-lab/truth/1\", \"items\": 3 }", "expected an array, found 3"),
    ("{ \"format\": \"finops-lab/truth/1\", \"items\": [ {} ] }", "key 'id' is missing"),
    ("{ \"format\": \"finops-lab/truth/1\", \"items\": [ 7 ] }", "expected an object"),
  ]) func `a damaged truth is refused with what is wrong`(_ text: String, _ part: String) {
    let failure = #expect(throws: LabFailure.self) { try Truth.read(Array(text.utf8), name: "t.json") }
    #expect(failure?.kind == .invalidInput)
    let sentences = failure?.diagnostics.map(\.sentence).joined(separator: "; ") ?? ""
    #expect(part == "JSON" ? !sentences.isEmpty : sentences.contains(part), "\(sentences)")
  }

  @Test func `times that are none and an end before the start are told with their place`() {
    let damaged = Self.item.split(separator: "\n").joined(separator: "\n").replacing("03:00:00Z", with: "25:00:00Z")
    let failure = #expect(throws: LabFailure.self) { try Truth.read(Self.document(damaged), name: "t.json") }
    #expect(failure?.diagnostics.first?.path == "items[0].end")
    #expect(failure?.diagnostics.first?.location?.file == "t.json")
    let reversed = Self.item.replacing("2026-01-20T03", with: "2026-01-19T03")
    #expect(throws: LabFailure.self) { try Truth.read(Self.document(reversed), name: "t.json") }
  }

  private static func environment(_ notes: NoteBox) -> LabEnvironment {
    LabEnvironment(
      threads: 2, note: { notes.add($0.sentence) }, now: { Instant(microseconds: 0) }, version: "0",
      binary: { Fingerprint.of("test") })
  }

  @Test func `without a truth beside the data there is nothing to say; a damaged one is a note, not a failure`() throws
  {
    let folder = try TemporaryFolder("truth")
    let notes = NoteBox()
    let environment = Self.environment(notes)
    let data = folder.file("x.csv")
    #expect(environment.truth(beside: data, bytes: 10) == nil)
    #expect(notes.all.isEmpty)
    try folder.write("{ broken", to: "x.truth.json")
    #expect(environment.truth(beside: data, bytes: 10) == nil)
    #expect(notes.all.count == 1)
    #expect(notes.all.first?.hasPrefix("detectors are not scored, since ") == true)
    try folder.write(Self.document(Self.item), to: "x.truth.json")
    #expect(environment.truth(beside: data, bytes: 10)?.items.count == 1)
  }
}

/// Notes of an environment, from any thread.
private final class NoteBox: Sendable {
  private let notes = Mutex<[String]>([])
  func add(_ note: String) { notes.withLock { $0.append(note) } }
  var all: [String] { notes.withLock { $0 } }
}
