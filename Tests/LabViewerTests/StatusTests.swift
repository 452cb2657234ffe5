import LabAnalysis
import LabCore
import LabJSON
import LabTestSupport
import Testing

@testable import LabViewer

@Suite struct StatusTests {
  @Test func `the status has every field of its contract`() throws {
    try Desk.serving { desk, client in
      #expect(desk.core.runAll() != .ending)
      waitFor("all reports") { desk.core.board.jobs.contains { $0.kind == .report && $0.status == .complete } }
      waitFor("a status that shows them") {
        desk.core.status.text.contains("\"kind\":\"report\",\"subject\":\"small.csv\",\"status\":\"complete\"")
      }
      let reply = try client.get("/api/status")
      #expect(reply.status == 200)
      #expect(reply.fields["content-type"] == "application/json; charset=utf-8")
      let root = try #require(reply.json)
      #expect(Instant(try #require(root["timestamp"]?.string)) != nil)
      let csv = try #require(root["csv"])
      #expect(
        Array((csv.object ?? []).map(\.key).prefix(6)) == [
          "file", "size_mb", "target_mb", "progress_pct", "line_count", "complete",
        ])
      #expect(csv["line_count"]?.number?.integer == 31)
      let reports = try #require(root["reports"]?.object)
      #expect(reports.map(\.key).sorted() == (["index.html"] + AnalyzerRegistry.ids.map { $0 + ".html" }).sorted())
      for report in reports {
        #expect((report.node.object ?? []).map(\.key) == ["name", "exists", "size_kb", "generated_at"])
        #expect(report.node["exists"]?.boolean == true, "\(report.key)")
      }
      let states = try #require(root["analyzer_status"]?.object)
      #expect(states.map(\.key) == AnalyzerRegistry.ids)
      for state in states {
        #expect(
          (state.node.object ?? []).map(\.key) == ["status", "started_at", "completed_at", "success", "error"])
        #expect(state.node["status"]?.string == "complete", "\(state.key)")
      }
      for key in ["thresholds", "files", "scenarios", "jobs"] { #expect(root[key]?.array != nil, "\(key)") }
      #expect(root["data"]?["calls"]?.number?.integer == 30)
      #expect(root["data"]?["cost_usd"]?.number?.text == "0.300000000")
    }
  }

  @Test func `an empty folder has a status too, and asks for data`() throws {
    try Desk.serving(files: ["data/notes.txt": "no data"]) { _, client in
      let root = try #require(try client.get("/api/status").json)
      #expect(root["csv"]?["complete"]?.boolean == false)
      #expect(root["csv"]?["line_count"]?.number?.integer == 0)
      #expect(root["files"]?.array?.isEmpty == true)
      let refused = try client.post("/api/run-all")
      #expect(refused.status == 409)
      #expect(refused.json?["error"]?.string == "there is no data file yet")
    }
  }

  @Test func `a growing file shows how far it has come by its simulated time, its bytes or its rows`() throws {
    let folder = try TemporaryFolder("viewer")
    let folders = try ViewerFolders(folder.path)
    let start = "2026-01-05T00:00:00.000000Z"
    let hash = Fingerprint.of("scenario").description
    func part(_ goal: String) throws {
      try folder.write(
        """
        {"format":"finops-lab/run-part/1","scenario_hash":"\(hash)","target":"x","scenario_name":"s",
         "start":"\(start)","end":"2026-01-05T04:00:00.000000Z"\(goal)}
        """, to: "x.run.json.part")
    }
    try folder.write(SampleUsage.header + SampleUsage.rows(121) + "2026-01-05T03:5", to: "x.csv.part")
    let clock = TestClock()
    try part("")
    var follower = FileFollower(folders: folders)
    let lookByTime = follower.look(at: "x.csv", now: clock.now)
    let byTime = try #require(lookByTime)
    // The last whole row is 120 minutes into four hours; the torn one doesn't count.
    #expect(byTime.percent == 50)
    #expect(byTime.targetMegabytes == nil && byTime.isGrowing && !byTime.isComplete && byTime.lines == 122)
    try part(",\"target_rows\":484")
    #expect(follower.look(at: "x.csv", now: clock.now)?.percent == 25)
    try part(",\"target_megabytes\":1")
    let lookBySize = follower.look(at: "x.csv", now: clock.now)
    let bySize = try #require(lookBySize)
    #expect(abs((bySize.percent ?? 0) - Double(bySize.bytes) / 1e4) < 1e-9 && bySize.targetMegabytes == 1)
    // Twice the rows five seconds later.
    clock.advance(seconds: 5)
    try part(",\"target_rows\":484")
    try folder.write(SampleUsage.header + SampleUsage.rows(242), to: "x.csv.part")
    let lookLater = follower.look(at: "x.csv", now: clock.now)
    let grown = try #require(lookLater)
    #expect(grown.percent == 50)
    #expect(grown.rowsPerSecond.map { $0 > 20 && $0 < 30 } == true)
  }

  @Test func `only a record of the same size makes a file complete`() throws {
    let folder = try TemporaryFolder("viewer")
    let text = SampleUsage.header + SampleUsage.rows(3)
    try folder.write(text, to: "x.csv")
    var follower = FileFollower(folders: try ViewerFolders(folder.path))
    #expect(follower.look(at: "x.csv", now: TestClock().now)?.isComplete == false)
    func record(_ bytes: Int) throws {
      try folder.write(
        "{\"format\":\"finops-lab/run/1\",\"bytes\":\(bytes),\"scenario\":{},\"prices\":{}}", to: "x.run.json")
    }
    try record(text.utf8.count)
    let lookWhole = follower.look(at: "x.csv", now: TestClock().now)
    let whole = try #require(lookWhole)
    #expect(whole.isComplete && whole.percent == 100)
    try record(text.utf8.count + 1)
    follower = FileFollower(folders: try ViewerFolders(folder.path))
    let lookOther = follower.look(at: "x.csv", now: TestClock().now)
    let other = try #require(lookOther)
    #expect(!other.isComplete && other.percent == nil)
  }

  @Test func `sentences for pages name files without where they lie`() {
    let failure = LabFailure(
      .invalidInput, code: "x", "'/home/eve/secret plans/peak.csv' isn't a usage file; see ../notes/a.txt, 3 rows/s")
    #expect(PublicText.of(failure) == "'peak.csv' isn't a usage file; see a.txt, 3 rows/s")
    #expect(PublicText.of("scenario: from data/peak.run.json") == "scenario: from peak.run.json")
    #expect(PublicText.of(LabFailure.cancelled) == "it was stopped")
  }
}
