import Glibc
import LabTestSupport
import Testing

@Suite struct ReportCommandTests {
  private static let header =
    "timestamp,customer_id,provider,model,input_tokens,output_tokens,total_tokens,latency_ms,cost_usd,status,error_type\n"
  private static let call = "2026-01-05T10:00:00Z,cust-1,openai,gpt-4o,100,20,120,800,0.01,success,\n"

  @Test func `run writes the report beside its data and says where, unless it is told not to`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let run = try lab.run("run", "small.json", "--set", "traffic.calls_per_hour=5")
    expectExit(run, 0)
    #expect(run.output.contains("Report: reports/small/index.html"))
    #expect(lab.folder.exists("reports/small/manifest.json") && lab.folder.exists("reports/small/summary.json"))
    expectExit(
      try lab.run("run", "small.json", "--set", "traffic.calls_per_hour=5", "--out", "else", "--no-report"), 0)
    #expect(!lab.folder.exists("else/reports"))
  }

  @Test func `report writes a folder or one file, the same bytes without a stamp`() throws {
    let lab = try Lab()
    try lab.folder.write(Self.header + Self.call, to: "calls.csv")
    let run = try lab.run("report", "calls.csv", "--stamp", "none", "-o", "a")
    expectExit(run, 0)
    #expect(run.output.contains("Report: a/index.html"))
    expectExit(try lab.run("report", "calls.csv", "--stamp", "none", "-o", "b", "--threads", "1"), 0)
    #expect(try lab.folder.bytes(of: "a/manifest.json") == lab.folder.bytes(of: "b/manifest.json"))
    expectExit(try lab.run("report", "calls.csv", "--single-file", "-o", "one.html"), 0)
    let html = try lab.folder.text(of: "one.html")
    #expect(html.contains("<p class=\"stamp\">Made ") && !html.contains("src=\"assets"))
    expectExit(try lab.run("report", "nothing.csv"), 66)
    expectExit(try lab.run("report", "calls.csv", "--baseline", "nothing"), 66)
    expectExit(try lab.run("report", "calls.csv", "--stamp", "later"), 64)
  }

  @Test func `a single file goes where its name says, and a report never into the folder that one is in`() throws {
    let lab = try Lab()
    try lab.folder.write(Self.header + Self.call, to: "calls.csv")
    try lab.folder.write("mine", to: "there/note.txt")
    try lab.folder.write("precious", to: "y.html.new")
    expectExit(try lab.run("report", "calls.csv", "--single-file", "-o", "there"), 0)
    #expect(try lab.folder.names(in: "there") == ["calls.html", "note.txt"])
    expectExit(try lab.run("report", "calls.csv", "--single-file", "-o", "y.html"), 0)
    #expect(try lab.folder.text(of: "y.html.new") == "precious")
    let piped = try lab.run("report", "calls.csv", "--single-file", "-q", "-o", "/dev/stdout")
    expectExit(piped, 0)
    #expect(piped.output.contains("</html>"))
    expectExit(try lab.run("report", "calls.csv", "--single-file", "-o", ""), 64)
    for folder in [".", "..", "", "there/.."] {
      expectExit(try lab.run("report", "calls.csv", "-o", folder), 64)
    }
    #expect(try lab.folder.names() == ["calls.csv", "there", "y.html", "y.html.new"])
  }

  @Test func `a pipe that nobody reads ends in 73 instead of waiting for ever`() throws {
    let lab = try Lab()
    try lab.folder.write(Self.header + Self.call, to: "calls.csv")
    #expect(unsafe mkfifo(lab.folder.file("pipe"), 0o600) == 0)
    let run = try lab.run("report", "calls.csv", "--single-file", "-o", "pipe", timeout: 60)
    expectExit(run, 73)
    #expect(run.errors.contains("nobody reads the pipe 'pipe'"))
  }

  @Test func `a report that can't be written leaves the former one whole, and other people's files alone`() throws {
    let lab = try Lab()
    try lab.folder.write(Self.header + Self.call, to: "calls.csv")
    expectExit(try lab.run("report", "calls.csv", "-o", "r"), 0)
    try lab.folder.write("mine", to: "r/notes.txt")
    let former = try lab.folder.bytes(of: "r/manifest.json")
    let program = PackageRoot.builtProduct("finops-lab")
    let full = try ProcessRun.run(
      "/bin/bash", ["-c", "ulimit -f 100; trap '' XFSZ; '\(program)' report calls.csv -o r"],
      environment: Lab.environment, workingDirectory: lab.folder.path)
    #expect(full.exitCode == 74, "\(full.end) \(full.errors)")
    #expect(full.errors.contains("r/assets/"), "the file that a person knows: \(full.errors)")
    #expect(try lab.folder.bytes(of: "r/manifest.json") == former)
    #expect(try lab.folder.names() == ["calls.csv", "r"])
    expectExit(try lab.run("report", "calls.csv", "-o", "r"), 0)
    #expect(try lab.folder.text(of: "r/notes.txt") == "mine")

    try lab.folder.write("somebody's", to: "theirs/index.html")
    let refused = try lab.run("report", "calls.csv", "-o", "theirs")
    expectExit(refused, 73)
    #expect(refused.errors.contains("theirs/index.html"))
    #expect(try lab.folder.text(of: "theirs/index.html") == "somebody's")
    expectExit(try lab.run("report", "calls.csv", "-o", "calls.csv"), 73)
  }
}
