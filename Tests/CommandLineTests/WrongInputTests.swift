import Glibc
import LabTestSupport
import Testing

@Suite struct WrongInputTests {
  @Test(
    arguments: [
      (["frobnicate"], 64), (["run"], 64), (["run", "peak", "--threads", "0"], 64), (["run", "peak", "--bogus"], 64),
      (["simulate", "peak", "--rows", "5", "--megabytes", "5"], 64), (["analyze", "x.csv", "--from", "yesterday"], 64),
      (["run", "nosuch"], 66), (["run", "peek"], 66), (["analyze", "nosuch.csv"], 66), (["describe", "nosuch"], 66),
      (["prices", "show", "--provider", "opnai"], 66), (["import", "azure-llm", "x.csv", "-o", "y.csv"], 64),
      (["import", "azur-llm", "x.csv", "-o", "y.csv"], 64),
      (["import", "mooncake", "x", "-o", "y.csv", "--set", "provider=a", "--set", "model=b"], 64),
    ] as [([String], Int32)]) func `a wrong command line or name has its exit code and a sentence`(
      arguments: [String], code: Int32
    ) throws
  {
    let lab = try Lab()
    let run = try ProcessRun.run(
      PackageRoot.builtProduct("finops-lab"), arguments, environment: Lab.environment, workingDirectory: lab.folder.path
    )
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
    (String(repeating: "[", count: 10_000), "", "nested deeper"),
    ("{\"format\": \"finops-lab/scenario/1\",}", "", "trailing comma"),
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
      for command in [
        ["analyze", path], ["validate", path],
        ["import", "azure-llm", path, "-o", "o.csv", "--set", "provider=a", "--set", "model=b"],
      ] {
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

  @Test func `an import whose rows are all bad says why and leaves what was there`() throws {
    let lab = try Lab()
    try lab.folder.write("when,in,out\n05.01.2026,1,2\n06.01.2026,3,4\n", to: "export.csv")
    try lab.folder.write("timestamp,model,input_tokens,output_tokens\n", to: "usage.csv")
    func importing(_ source: String, to target: String) throws -> ProcessRun {
      try lab.run(
        "import", "csv", source, "-o", target, "--set", "provider=openai", "--set", "model=gpt-4o", "--map",
        "timestamp=when", "--map", "input_tokens=in", "--map", "output_tokens=out")
    }
    let run = try importing("export.csv", to: "usage.csv")
    expectExit(run, 65)
    #expect(run.errors.contains("all 2 rows of 'export.csv' were rejected"), "\(run.errors)")
    #expect(run.errors.contains("no ISO 8601 time such as 2026-01-05T09:13:00Z (line 2)"), "\(run.errors)")
    #expect(try lab.folder.text(of: "usage.csv") == "timestamp,model,input_tokens,output_tokens\n")
    expectExit(try importing("export.csv", to: "new.csv"), 65)
    #expect(try lab.folder.names().filter { $0.hasPrefix("new") }.isEmpty)
    // A file without any row is no mistake.
    try lab.folder.write("when,in,out\n", to: "header.csv")
    expectExit(try importing("header.csv", to: "new.csv"), 0)
  }

  @Test func `a damaged truth file is warned of, even quietly, and the analysis goes on`() throws {
    let lab = try Lab()
    expectExit(try lab.run("simulate", "incidents", "--rows", "300", "-o", "x.csv", "--quiet"), 0)
    #expect(!(try lab.run("analyze", "x.csv", "understanding", "--quiet")).errors.contains("not scored"))
    try lab.folder.write("{ broken", to: "x.truth.json")
    let run = try lab.run("analyze", "x.csv", "understanding", "--quiet")
    #expect(run.errors.contains("warning: detectors are not scored, since x.truth.json can't be used"), "\(run.errors)")
    #expect(run.output.contains("Understanding") && [0, 99].contains(run.exitCode))
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

  @Test func `a file that is not the lab's is not overwritten, and an import never onto its source`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    try lab.folder.write("timestamp,model,input_tokens,output_tokens\n", to: "mine.csv")
    let simulate = try lab.run("simulate", "small.json", "-o", "mine.csv")
    expectExit(simulate, 73)
    let onto = try lab.run("import", "csv", "mine.csv", "-o", "mine.csv", "--set", "provider=openai")
    expectExit(onto, 64)
    #expect(try lab.folder.text(of: "mine.csv") == "timestamp,model,input_tokens,output_tokens\n")
    expectExit(try lab.run("simulate", "small.json", "-o", "ours.csv"), 0)
    expectExit(try lab.run("simulate", "small.json", "-o", "ours.csv"), 0)
  }

  @Test func `no output is written over a file that is read`() throws {
    let lab = try Lab()
    let text = "timestamp,cost_usd\n2026-01-05T09:13:45Z,1\nx\n"
    try lab.folder.write(text, to: "v.csv")
    expectExit(try lab.run("analyze", "v.csv", "--rejects", "v.csv"), 64)
    expectExit(try lab.run("analyze", "v.csv", "--junit", "./v.csv"), 64)
    #expect(try lab.folder.text(of: "v.csv") == text)
    try lab.writeScenario()
    let scenario = try lab.folder.text(of: "small.json")
    expectExit(try lab.run("run", "small.json", "--json", "small.json"), 64)
    expectExit(try lab.run("simulate", "small.json", "-o", "small.json"), 73)
    #expect(try lab.folder.text(of: "small.json") == scenario)
  }

  @Test func `lines that end in carriage returns alone are refused, not read as nothing`() throws {
    let lab = try Lab()
    try lab.folder.write("timestamp,cost_usd\r2026-01-05T09:13:45Z,1\r", to: "cr.csv")
    let run = try lab.run("analyze", "cr.csv")
    expectExit(run, 65)
    #expect(run.errors.contains("carriage returns"))
  }

  @Test func `a command that does not exist is answered with the nearest one`() throws {
    let lab = try Lab()
    let run = try lab.run("simulat", "peak")
    expectExit(run, 64)
    #expect(run.errors.contains("there is no command 'simulat'") && run.errors.contains("'simulate'"))
    expectExit(try lab.run("help", "nope"), 64)
    expectExit(try lab.run("prices", "lnit"), 64)
  }

  @Test func `two scenarios of one run may not write the same file`() throws {
    let lab = try Lab()
    try lab.writeScenario("a.json")
    try lab.writeScenario("b.json")
    let run = try lab.run("run", "a.json", "b.json")
    expectExit(run, 64)
    #expect(run.errors.contains("data/small.csv") && !lab.folder.exists("data"))
  }

  @Test func `a filter that fits nothing is told, and thresholds of the whole are not judged on a part`() throws {
    let lab = try Lab()
    try lab.writeScenario(
      adding: #""thresholds": [ { "id": "bill", "metric": "understanding.total_cost_usd", "must": "<= 0" } ]"#)
    expectExit(try lab.run("simulate", "small.json", "-o", "x.csv"), 0)
    expectExit(try lab.run("analyze", "x.csv"), 99)
    let part = try lab.run("analyze", "x.csv", "--where", "feature_id=chatt")
    expectExit(part, 0)
    #expect(part.errors.contains("no call has feature_id 'chatt'") && part.errors.contains("'chat'"))
    #expect(part.errors.contains("thresholds are not judged"))
    expectExit(try lab.run("analyze", "x.csv", "--from", "2026-01-06", "--to", "2026-01-05"), 64)
    expectExit(try lab.run("analyze", "x.csv", "--where", "feature=chat"), 64)
  }

  @Test func `calls that nothing prices have an unknown cost, which passes no budget`() throws {
    let lab = try Lab()
    try lab.writeScenario(
      adding: #""thresholds": [ { "id": "bill", "metric": "understanding.total_cost_usd", "must": "<= 1" } ]"#)
    try lab.folder.write("when,in,out\n2026-01-05T00:00:00Z,10,5\n", to: "calls.csv")
    let imported = try lab.run(
      "import", "csv", "calls.csv", "-o", "o.csv", "--map", "timestamp=when", "--map", "input_tokens=in", "--map",
      "output_tokens=out", "--set", "provider=openai", "--set", "model=gpt-nothing")
    expectExit(imported, 0)
    #expect(imported.output.contains("1 call with 15 tokens has no cost") && !imported.output.contains("$0.00"))
    let run = try lab.run("analyze", "o.csv", "understanding", "--scenario", "small.json")
    expectExit(run, 99)
    #expect(run.output.contains("no call has a recorded cost") && !run.output.contains("$0.00"))
  }

  @Test func `an import says what it lacks`() throws {
    let lab = try Lab()
    try lab.folder.write("when,prompt,completion\n2026-01-05T00:00:00Z,10,5\n", to: "calls.csv")
    let run = try lab.run(
      "import", "csv", "calls.csv", "-o", "o.csv", "--map", "input_tokens=prompt", "--map", "output_tokens=completion")
    expectExit(run, 64)
    #expect(run.errors.contains("timestamp, provider, model") && run.errors.contains("'when'"))
    expectExit(
      try lab.run(
        "import", "csv", "calls.csv", "-o", "o.csv", "--map", "input_tokens=prompt", "--map",
        "output_tokens=completion",
        "--map", "timestamp=when", "--set", "provider=openai", "--set", "model=gpt-4o"), 0)
    #expect(
      try lab.folder.text(of: "o.csv").hasSuffix("\n2026-01-05T00:00:00.000000Z,openai,gpt-4o,10,5,15,0.000075\n"))
    expectExit(
      try lab.run(
        "import", "csv", "calls.csv", "-o", "o.csv", "--map", "input_tokens=promt", "--map", "timestamp=when"), 65)
    expectExit(
      try lab.run(
        "import", "csv", "calls.csv", "-o", "o.csv", "--map", "timestamp=when", "--set", "status=sucess", "--set",
        "provider=openai", "--set", "model=gpt-4o", "--map", "input_tokens=prompt", "--map", "output_tokens=completion"),
      64)
  }
}
