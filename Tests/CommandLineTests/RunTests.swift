import LabJSON
import LabTestSupport
import Testing

@Suite struct RunTests {
  @Test func `a run writes data and companions, prints the summary and the verdicts, and ends in 0`() throws {
    let lab = try Lab()
    try lab.writeScenario(
      adding: """
        "thresholds": [ { "id": "bill", "metric": "understanding.total_cost_usd", "must": "> 0" },
                        { "id": "cheap", "metric": "understanding.total_cost_usd", "must": "<= 0", "severity": "warn" } ]
        """)
    let run = try lab.run("run", "small.json", "--json", "out/findings.json", "--junit", "out/junit.xml")
    expectExit(run, 0)
    for word in ["Total cost", "Providers", "Models", "Customers", "Thresholds", "bill", "warning"] {
      #expect(run.output.contains(word), "\(word) is missing in \(run.output)")
    }
    #expect(!run.output.contains("\u{1b}") && !run.errors.contains("\u{1b}"), "no terminal, so no escape sequences")
    #expect(
      try lab.folder.names().contains("data")
        && ["small.csv", "small.customers.csv", "small.run.json", "small.truth.json"].allSatisfy {
          lab.folder.exists("data/" + $0)
        })
    #expect(!lab.folder.exists("data/small.csv.part") && !lab.folder.exists("data/small.csv.lock"))
    let findings = try JSONReader.read(lab.folder.bytes(of: "out/findings.json"), name: "findings").root
    #expect(findings["format"]?.string == "finops-lab/findings/1")
    #expect(findings["thresholds"]?.array?.count == 2)
    #expect(findings["analyzers"]?["understanding"]?["summary"]?["total_cost_usd"]?.number != nil)
    let lines = try lab.folder.text(of: "data/small.csv").split(separator: "\n").count - 1
    #expect(findings["data"]?["rows"]?.number?.integer == Int64(lines))
    #expect(try lab.folder.text(of: "out/junit.xml").contains("<testsuite name=\"small\""))
  }

  @Test func `a failed threshold ends in 99 and everything is written all the same`() throws {
    let lab = try Lab()
    try lab.writeScenario(
      adding: #""thresholds": [ { "id": "bill", "metric": "understanding.total_cost_usd", "must": "<= 0" } ]"#)
    let run = try lab.run("run", "small.json")
    expectExit(run, 99)
    #expect(run.output.contains("FAILED"))
    #expect(lab.folder.exists("data/small.run.json"))
  }

  @Test func `a threshold can look at a part of the calls, and a part without calls fails unless it may be empty`()
    throws
  {
    let lab = try Lab()
    try lab.writeScenario(
      adding: """
        "thresholds": [
          { "id": "all", "metric": "understanding.total_calls", "must": "> 0" },
          { "id": "chat", "metric": "understanding.total_calls", "must": "> 0", "where": { "feature_id": "chat" } },
          { "id": "none", "metric": "understanding.total_calls", "must": "< 1", "where": { "customer_id": "nobody" },
            "no_data": "pass" },
          { "id": "empty", "metric": "understanding.total_calls", "must": "< 1", "where": { "customer_id": "nobody" } } ]
        """)
    let run = try lab.run("run", "small.json", "--json", "findings.json")
    expectExit(run, 99)
    let root = try JSONReader.read(lab.folder.bytes(of: "findings.json"), name: "findings").root
    let verdicts = try #require(root["thresholds"]?.array)
    #expect(verdicts.map { $0["passed"]?.boolean } == [true, true, true, false])
    let all = try #require(verdicts[0]["value"]?.number?.integer)
    let chat = try #require(verdicts[1]["value"]?.number?.integer)
    #expect(chat > 0 && chat < all)
  }

  @Test func `the same scenario gives the same bytes at any thread count`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    for threads in ["1", "2", "8"] {
      expectExit(
        try lab.run("simulate", "small.json", "-o", "t\(threads).csv", "--threads", threads), 0)
    }
    let one = try lab.folder.bytes(of: "t1.csv")
    #expect(one.count > 100_000)
    #expect(try lab.folder.bytes(of: "t2.csv") == one && lab.folder.bytes(of: "t8.csv") == one)
    #expect(
      try lab.folder.bytes(of: "t1.truth.json") == lab.folder.bytes(of: "t8.truth.json")
        && lab.folder.bytes(of: "t1.customers.csv") == lab.folder.bytes(of: "t8.customers.csv"))
  }

  @Test func `findings never take the place of the run's own data, nor of each other`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    for output in ["data/small.csv", "data/../data/small.run.json", "data/small.customers.csv"] {
      expectExit(try lab.run("run", "small.json", "--no-report", "--json", output), 64)
    }
    expectExit(try lab.run("run", "small.json", "--no-report", "--json", "same", "--junit", "./same"), 64)
    #expect(try lab.folder.names() == ["small.json"], "nothing was begun")
    expectExit(try lab.run("run", "small.json", "--no-report", "--json", "a.json", "--junit", "a.xml"), 0)
    #expect(try lab.folder.text(of: "a.json").hasPrefix("{") && lab.folder.text(of: "a.xml").hasPrefix("<?xml"))
  }

  @Test func `a what-if says what was set, in the data's record, its analysis and its report`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    expectExit(try lab.run("run", "small.json", "--set", "duration=2h", "--set", "seed=9", "--quiet"), 0)
    let analysis = try lab.run("analyze", "data/small.csv", "understanding")
    #expect(analysis.output.contains("a what-if:") && analysis.output.contains("duration=2h, seed=9"))
    #expect(try lab.folder.text(of: "reports/small/index.html").contains("duration=2h, seed=9"))
    expectExit(try lab.run("run", "small.json", "--quiet"), 0)
    #expect(try !lab.run("analyze", "data/small.csv", "understanding").output.contains("a what-if"))
    #expect(try !lab.folder.text(of: "reports/small/index.html").contains("duration=2h"))
  }

  @Test func `another seed gives other bytes`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    expectExit(try lab.run("simulate", "small.json", "-o", "a.csv", "--seed", "1"), 0)
    expectExit(try lab.run("simulate", "small.json", "-o", "b.csv", "--seed", "2"), 0)
    #expect(try lab.folder.bytes(of: "a.csv") != lab.folder.bytes(of: "b.csv"))
  }

  @Test func `several scenarios are all checked before the first one starts`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    try lab.folder.write("{ \"format\": \"finops-lab/scenario/1\", \"sead\": 1 }", to: "broken.json")
    let run = try lab.run("run", "small.json", "broken.json")
    expectExit(run, 65)
    #expect(run.errors.contains("broken.json:1:38: error: unknown key 'sead'") && run.errors.contains("'seed'"))
    #expect(!lab.folder.exists("data"))
  }

  @Test func `the shipped scenarios run from any folder`() throws {
    let lab = try Lab()
    let run = try lab.run("simulate", "peak", "--scale-to", "2000", "-o", "peak.csv")
    expectExit(run, 0)
    let lines = try lab.folder.text(of: "peak.csv").split(separator: "\n").count - 1
    #expect((1500...2500).contains(lines), "\(lines) rows")
    // Whom an incident befalls depends on the rate, so that its rows are not in proportion to it.
    let incidents = try lab.run("simulate", "incidents", "--scale-to", "100000", "-o", "incidents.csv")
    expectExit(incidents, 0)
    let rows = try lab.folder.bytes(of: "incidents.csv").count { $0 == UInt8(ascii: "\n") } - 1
    #expect((97_000...103_000).contains(rows), "\(rows) rows")
  }
}
