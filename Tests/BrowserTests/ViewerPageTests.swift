import Foundation
import LabJSON
import LabTestSupport
import Testing

/// The viewer of the built program, used in a browser by `viewer.py`; the tests judge what was seen.
struct ViewedPage {
  let seen: JSONNode
  let exitCode: Int32?

  static let shared = Result { try ViewedPage() }
  /// Enough calls that a simulation and the analyses can be watched: a release build is a hundred times as fast.
  private static let rows = PackageRoot.isReleaseDriven ? 3_000_000 : 60_000

  private init() throws {
    let folder = try TemporaryFolder("viewer")
    for (name, rows) in [("a", 30), ("b", 60)] {
      try folder.write(Self.usage(rows: rows), to: "data/\(name).csv")
    }
    try folder.write(
      """
      {
        "format": "finops-lab/scenario/1",
        "description": "A small business for tests",
        "duration": "2d",
        "population": { "customers": 40, "organizations": 5 },
        "traffic": { "calls_per_hour": 60, "repeat_until": { "rows": \(Self.rows) } },
        "thresholds": [ { "id": "budget", "metric": "understanding.total_cost_usd", "must": "<= 1000000" } ]
      }
      """, to: "scenarios/tiny.json")
    let port = 20_000 + Int.random(in: 0..<20_000)
    var viewer = try RunningProcess(
      PackageRoot.builtProduct("finops-lab"), ["view", "--port", String(port)],
      environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], workingDirectory: folder.path)
    viewer.closeInput()
    guard viewer.waits(for: "viewer: http://127.0.0.1:\(port)/", timeout: 60) else {
      throw Browser.Failure(text: viewer.errorText)
    }
    let script = PackageRoot.file("Tests/BrowserTests/viewer.py")
    let run = try ProcessRun.run(
      "/usr/bin/env", ["python3", script, "http://127.0.0.1:\(port)/", String(viewer.identifier)], timeout: 420)
    if run.exitCode != 0 { viewer.send(signal: SIGKILL) }
    let end = viewer.finish(timeout: 600)
    guard run.exitCode == 0 else { throw Browser.Failure(text: run.errors + end.errors) }
    seen = try JSONReader.read(run.outputBytes, name: "viewer.py").root
    exitCode = end.exitCode
  }

  /// Calls of a cent each, a minute apart.
  private static func usage(rows: Int) -> String {
    var text =
      "timestamp,organization_id,product_id,feature_id,customer_id,customer_archetype,subscription_tier,tier_price_usd,"
      + "provider,model,region,input_tokens,output_tokens,total_tokens,latency_ms,cost_usd,status,error_type,metadata\n"
    for row in 0..<rows {
      let minute = row < 10 ? "0\(row)" : "\(row)"
      text +=
        "2026-01-05T00:\(minute):00.000000Z,org-1,saas-platform,chat,cust-1,light,pro,199,openai,gpt-4o,us-east,100,50,"
        + "150,420.5,0.010000000,success,,\n"
    }
    return text
  }
}

@Suite(.enabled(if: Browser.isPresent, Browser.absence)) struct ViewerPageTests {
  private let seen: JSONNode
  private let exitCode: Int32?

  init() throws {
    let page = try ViewedPage.shared.get()
    seen = page.seen
    exitCode = page.exitCode
  }

  @Test func `switching data files changes the totals that are shown`() {
    let totals = seen["totals"]?.array ?? []
    #expect(totals.map { $0["calls"]?.string } == ["30", "60", "30"])
    #expect(totals.map { $0["cost"]?.string } == ["$0.30", "$0.60", "$0.30"])
    #expect(totals[0]["period"]?.string == "2026-01-05 00:00:00 to 2026-01-05 00:29:00 UTC")
  }

  @Test func `progress is shown while a simulation runs`() {
    let steps = seen["progress"]?.array ?? []
    let values = steps.compactMap { $0.array?.first?.number?.double }
    #expect(values.contains { $0 > 0 && $0 < 100 }, "\(values)")
    #expect(values.last == 100)
    #expect(steps.contains { $0.array?.last?.string?.hasPrefix("growing: ") == true })
    #expect(seen["simulated"]?["file"]?.string == "tiny.csv")
    #expect(seen["simulated"]?["thresholds"]?.integer == 1)
  }

  @Test func `Run all takes every analyzer from running to complete`() {
    let states = seen["states"]?.object ?? []
    #expect(states.count > 1)
    for state in states {
      let words = state.node.strings
      #expect(
        words.last == "complete" && words.contains { $0 == "running" || $0 == "queued" }, "\(state.key): \(words)")
    }
    #expect(seen["focus"]?.string == "run-all", "the keyboard keeps its place")
  }

  @Test func `a report becomes available and opens`() {
    #expect(seen["report"]?["status"]?.integer == 200)
    #expect(seen["report"]?["title"]?.string == seen["report"]?["heading"]?.string)
  }

  @Test func `nothing is complained of, and nothing is asked of others`() {
    #expect(seen["console"]?.strings == [])
    #expect(seen["failures"]?.strings == [])
    #expect(seen["foreign_requests"]?.strings == [])
    #expect(seen["violations"]?.strings == [])
  }

  @Test func `it works by keyboard, in the dark and on a phone`() {
    let tabs = seen["tabs"]?.strings ?? []
    for place in ["To the content", "file", "scenario", "simulate", "overview", "run-all"] {
      #expect(tabs.contains(place), "\(place) in \(tabs)")
    }
    #expect(seen["colors"]?["light"]?.string != seen["colors"]?["dark"]?.string)
    #expect(seen["overflow"]?.integer == 0)
    #expect((seen["beyond"]?.integer ?? 1) <= 0, "the buttons of a phone")
  }

  @Test func `without events it asks every 15 seconds`() {
    #expect(seen["polled"]?.string?.hasPrefix("tiny.csv") == true)
  }

  @Test func `another page can neither read nor start anything`() {
    let stranger = seen["stranger"]
    #expect(stranger?["read"]?.string == "refused: TypeError")
    #expect(stranger?["work"]?.string == "refused: TypeError")
    for kind in ["readBlind", "workBlind"] {
      let answer = stranger?[kind]?.string ?? ""
      #expect(answer == "0" || answer == "opaque" || answer.hasPrefix("refused"), "\(kind): \(answer)")
    }
    for kind in ["script", "image", "events"] { #expect(stranger?[kind]?.string == "refused", "\(kind)") }
    #expect(stranger?["framed"]?.string == "closed")
    #expect(stranger?["form"]?.integer == 403)
    #expect(stranger?["jobs_started"]?.integer == 0)
  }

  @Test func `a banner says that the viewer has ended, and Ctrl-C ends it with its code`() {
    #expect(seen["banner"]?["shown"]?.boolean == true)
    #expect(seen["banner"]?["text"]?.string?.hasPrefix("The viewer has ended.") == true)
    #expect(seen["banner"]?["connection"]?.string == "ended")
    #expect(exitCode == 130)
  }
}
