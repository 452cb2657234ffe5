import Glibc
import LabAnalysis
import LabCore
import LabJSON
import LabReport
import LabTable
import LabTestSupport
import Synchronization
import Testing

@testable import LabViewer

@Suite struct ActionTests {
  @Test func `an analyzer is run, and its report can be opened`() throws {
    try Desk.serving { desk, client in
      let id = try #require(AnalyzerRegistry.ids.first)
      #expect(try client.get("/\(id).html").status == 404)
      let reply = try client.post("/api/run-analyzer?id=\(id)")
      #expect(reply.status == 202)
      #expect(reply.json?["jobs"]?.array?.count == 1)
      waitFor("the report") { (try? client.get("/\(id).html").status) == 200 }
      #expect(desk.core.keeper.known.results[id] != nil)
    }
  }

  @Test func `choosing another file changes what is analysed`() throws {
    try Desk.serving(files: [
      "data/a.csv": SampleUsage.header + SampleUsage.rows(10), "data/b.csv": SampleUsage.header + SampleUsage.rows(25),
    ]) { desk, client in
      for (name, calls) in [("a.csv", 10), ("b.csv", 25), ("a.csv", 10)] {
        // The viewer reads a file of its own choice at first.
        waitFor("no load") { !desk.core.board.isActive(.load) }
        let loaded = try client.post("/api/load?file=\(name)")
        #expect(loaded.status == 202)
        waitFor("\(name)") { desk.core.keeper.known.snapshot?.totals.calls == calls }
        #expect(try client.post("/api/run-all").status == 202)
        waitFor("the analyses of \(name)") { desk.core.keeper.known.results.count == AnalyzerRegistry.ids.count }
        for result in desk.core.keeper.known.results.values {
          if let value = result.value(of: "total_calls") { #expect(value == .integer(Int64(calls))) }
        }
      }
    }
  }

  @Test func `the scenario that a person names judges files that no scenario made`() throws {
    let files = [
      "data/small.csv": SampleUsage.header + SampleUsage.rows(30),
      "mine.json": """
      { "format": "finops-lab/scenario/1", "duration": "2d", "population": { "customers": 40, "organizations": 5 },
        "traffic": { "calls_per_hour": 60 },
        "thresholds": [ { "id": "most", "metric": "understanding.total_calls", "must": "<= 29" } ] }
      """,
    ]
    try Desk.serving(files: files, scenario: "mine.json") { desk, client in
      #expect(try client.post("/api/run-all").status == 202)
      waitFor("the verdict") { !desk.core.keeper.known.verdicts.isEmpty }
      waitFor("the status") { desk.core.status.text.contains("\"most\"") }
      let verdict = try #require(try client.get("/api/status").json?["thresholds"]?.array?.first)
      #expect(verdict["id"]?.string == "most" && verdict["passed"]?.boolean == false, "\(desk.core.status.text)")
    }
  }

  @Test func `unknown names are 404, missing ones 400`() throws {
    try Desk.serving { _, client in
      for path in [
        "/api/run-analyzer?id=nosuch", "/api/simulate?scenario=nosuch", "/api/simulate?scenario=../peak",
        "/api/simulate?scenario=%2e%2e%2fpeak", "/api/load?file=nosuch.csv", "/api/load?file=../data/small.csv",
        "/api/load?file=%2e%2e%2fdata%2fsmall.csv", "/api/load?file=/dev/zero", "/api/cancel?id=999",
        "/api/load?file=small.csv%00", "/api/cancel?id=-1",
      ] {
        let reply = try client.post(path)
        #expect(reply.status == 404, "\(path)")
        #expect(reply.json?["error"]?.string?.contains("/data") == false, "\(path)")
      }
      for path in ["/api/run-analyzer", "/api/simulate", "/api/load?", "/api/cancel?id=", "/api/load?name=small.csv"] {
        #expect(try client.post(path).status == 400, "\(path)")
      }
    }
  }

  @Test func `what is running isn't started twice, and can be cancelled`() throws {
    try Desk.serving { desk, client in
      let id = try #require(AnalyzerRegistry.ids.first)
      waitFor("the first load") { desk.core.keeper.known.snapshot != nil }
      let held = desk.core.board.submit(.analyze, id) { handle throws(LabFailure) in
        while true {
          try handle.cancellation.check()
          usleep(1000)
        }
      }
      let job = try held.get()
      #expect(try client.post("/api/run-analyzer?id=\(id)").status == 409)
      #expect(try client.post("/api/cancel?id=\(job)").status == 202)
      waitFor("its end") { desk.core.board.jobs.first { $0.id == job }?.status == .cancelled }
      #expect(try client.post("/api/cancel?id=\(job)").status == 409)
      #expect(try client.post("/api/run-analyzer?id=\(id)").status == 202)
    }
  }

  @Test func `an analysis that fails says so, and the others run`() throws {
    try Desk.serving(files: ["data/bad.csv": "this,is\nno,usage\n"]) { desk, client in
      #expect(try client.post("/api/run-all").status == 202)
      waitFor("the failures") {
        desk.core.board.lastAnalyses.values.allSatisfy { $0.status.isOver } && !desk.core.board.isActive(.analyze)
      }
      waitFor("the status") {
        let text = desk.core.status.text
        return text.contains("\"status\":\"error\"") && !text.contains("\"status\":\"running\"")
          && !text.contains("\"status\":\"queued\"")
      }
      let status = try #require(try client.get("/api/status").json?["analyzer_status"]?.object)
      #expect(status.count == AnalyzerRegistry.ids.count)
      for state in status {
        #expect(state.node["status"]?.string == "error")
        #expect(state.node["success"]?.boolean == false)
        let error = try #require(state.node["error"]?.string)
        #expect(!error.isEmpty && !error.contains(desk.folder.path))
      }
    }
  }

  @Test func `devices, pipes, folders and links that lead out are not offered`() throws {
    let outside = try TemporaryFolder("outside")
    try outside.write(SampleUsage.header + SampleUsage.rows(2), to: "secret.csv")
    try Desk.serving { desk, client in
      let folder = desk.folder
      #expect(folder.link("data/out.csv", to: outside.file("secret.csv")))
      #expect(folder.link("data/in.csv", to: "small.csv"))
      #expect(folder.link("data/device.csv", to: "/dev/zero"))
      #expect(folder.makePipe("data/pipe.csv"))
      try folder.write("x", to: "data/folder.csv/file")
      try desk.folder.write("x", to: "data/small.customers.csv")
      try desk.folder.write(SampleUsage.header, to: "data/growing.csv.part")
      #expect(desk.core.folders.offers().map(\.name) == ["growing.csv", "in.csv", "small.csv"])
      for name in ["out.csv", "device.csv", "pipe.csv", "folder.csv", "small.customers.csv"] {
        #expect(try client.post("/api/load?file=\(name)").status == 404, "\(name)")
      }
    }
  }
}
