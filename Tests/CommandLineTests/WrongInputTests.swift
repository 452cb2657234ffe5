import Glibc
import LabTestSupport
import Testing

@Suite struct WrongInputTests {
  @Test(arguments: [
    (["frobnicate"], 64), (["run"], 64), (["run", "peak", "--threads", "0"], 64), (["run", "peak", "--bogus"], 64),
    (["simulate", "peak", "--rows", "5", "--megabytes", "5"], 64), (["analyze", "x.csv", "--from", "yesterday"], 64),
    (["run", "nosuch"], 66), (["run", "peek"], 66), (["analyze", "nosuch.csv"], 66), (["describe", "nosuch"], 66),
    (["prices", "show", "--provider", "opnai"], 66), (["import", "azure-llm", "x.csv", "-o", "y.csv"], 64),
    (["import", "azur-llm", "x.csv", "-o", "y.csv"], 64),
    (["import", "mooncake", "x", "-o", "y.csv", "--set", "provider=a", "--set", "model=b"], 64),
  ] as [([String], Int32)]) func `a wrong command line or name has its exit code and a sentence`(
    arguments: [String], code: Int32
  ) throws {
    let lab = try Lab()
    let run = try ProcessRun.run(
      PackageRoot.builtProduct("finops-lab"), arguments, environment: Lab.environment, workingDirectory: lab.folder.path)
    expectExit(run, code)
    #expect(!run.errors.isEmpty && run.output.isEmpty)
  }

  @Test func `a mistyped name is answered with the nearest ones`() throws {
    let lab = try Lab()
    #expect(try lab.run("run", "peek").errors.contains("did you mean 'peak'?"))
    #expect(try lab.run("describe", "understandin").errors.contains("'understanding'"))
    #expect(try lab.run("import", "azure-lm", "x", "-o", "y").errors.contains("'azure-llm'"))
  }

  @Test(arguments: [
    ("", "json_empty", "the file is empty"), ("{", "", "ends inside"), ("\u{0}\u{1}\u{2}", "", "expected a value"),
    (String(repeating: "[", count: 10_000), "", "nested deeper"), ("{\"format\": \"finops-lab/scenario/1\",}", "", "trailing comma"),
  ]) func `a scenario that is no JSON is refused with its place`(text: String, code: String, words: String) throws {
    let lab = try Lab()
    try lab.folder.write(text, to: "bad.json")
    let run = try lab.run("validate", "bad.json")
    expectExit(run, 65)
    #expect(run.errors.hasPrefix("bad.json:1:"), "\(run.errors)")
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test func `all problems of a scenario come out at once with place, path and help`() throws {
    let lab = try Lab()
    try lab.folder.write(
      """
      {
        "format": "finops-lab/scenario/1",
        "duraton": "14d",
        "traffic": { "calls_per_hour": -5, "patterns": [ { "pattern": "brust" } ] },
        "thresholds": [ { "id": "t", "metric": "understanding.total_cost", "must": "<= 5" } ]
      }
      """, to: "bad.json")
    let run = try lab.run("validate", "bad.json")
    expectExit(run, 65)
    for words in [
      "bad.json:3:3: error: unknown key 'duraton'", "'duration'", "bad.json:4:34: error:", "at traffic.calls_per_hour",
      "'burst'", "understanding.total_cost_usd",
    ] {
      #expect(run.errors.contains(words), "\(words) is missing in \(run.errors)")
    }
  }

  @Test func `scenarios that extend each other in a circle are refused`() throws {
    let lab = try Lab()
    try lab.folder.write(#"{ "format": "finops-lab/scenario/1", "extends": "b.json" }"#, to: "a.json")
    try lab.folder.write(#"{ "format": "finops-lab/scenario/1", "extends": "a.json" }"#, to: "b.json")
    let run = try lab.run("validate", "a.json")
    expectExit(run, 65)
    #expect(run.errors.contains("a.json") && run.errors.contains("b.json"))
  }

  @Test func `a folder, a device or a pipe in place of a file is refused without waiting`() throws {
    let lab = try Lab()
    unsafe mkfifo(lab.folder.file("pipe"), 0o644)
    for path in [lab.folder.path, "/dev/zero", lab.folder.file("pipe")] {
      for command in [["analyze", path], ["validate", path], ["import", "azure-llm", path, "-o", "o.csv", "--set", "provider=a", "--set", "model=b"]] {
        let run = try ProcessRun.run(
          PackageRoot.builtProduct("finops-lab"), command, environment: Lab.environment,
          workingDirectory: lab.folder.path, timeout: 20)
        expectExit(run, 66)
      }
    }
  }

  @Test func `a CSV with bad rows is analysed without them, and says which they are`() throws {
    let lab = try Lab()
    try lab.folder.write(
      "timestamp,provider,model,input_tokens,output_tokens,total_tokens,cost_usd\n"
        + "2026-01-05T00:00:00Z,openai,gpt-4o,1000,100,1100,0.0035\n" + "yesterday,openai,gpt-4o,1000,100,1100,0.0035\n"
        + "2026-01-05T00:00:01Z,openai,gpt-4o,1000,100,1101,0.0035\n" + "2026-01-05T00:00:02Z,openai,gpt-4o,1000,100\n",
      to: "x.csv")
    let run = try lab.run("analyze", "x.csv", "--rejects", "bad.csv")
    expectExit(run, 0)
    #expect(run.output.contains("3 of 4 rows were rejected"))
    let rejects = try lab.folder.text(of: "bad.csv")
    #expect(rejects.contains("yesterday,openai") && rejects.split(separator: "\n").count == 4)
    expectExit(try lab.run("analyze", "x.csv", "--max-rejects", "2"), 65)
    try lab.folder.write("timestamp,model,input_tokens,output_tokens\nyesterday,m,1,1\n", to: "none.csv")
    expectExit(try lab.run("analyze", "none.csv"), 65)
    try lab.folder.write("timestamp,model,input_tokens,output_tokens\n", to: "header.csv")
    let header = try lab.run("analyze", "header.csv")
    expectExit(header, 0)
    #expect(header.output.contains("has a header and no row"))
    try lab.folder.write("", to: "empty.csv")
    expectExit(try lab.run("analyze", "empty.csv"), 65)
    try lab.folder.write("a,b,c\n1,2,3\n", to: "other.csv")
    expectExit(try lab.run("analyze", "other.csv"), 65)
  }

  @Test func `hostile names can't drive the terminal`() throws {
    let lab = try Lab()
    try lab.folder.write(
      "timestamp,provider,model,input_tokens,output_tokens,cost_usd\n"
        + "2026-01-05T00:00:00Z,open\u{1b}[31mai,\"x\r\ny\u{202e}\",1000,100,0.0035\n", to: "x.csv")
    let run = try lab.run("analyze", "x.csv")
    expectExit(run, 0)
    #expect(!run.output.contains("\u{1b}") && !run.output.contains("\u{202e}") && !run.output.contains("\r"))
    let missing = try lab.run("analyze", "no\u{1b}[31msuch.csv")
    #expect(!missing.errors.contains("\u{1b}"))
  }
}
