import LabTestSupport
import Testing

@Suite struct OutputTests {
  @Test func `standard output can be the data, with messages beside it`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let run = try lab.run("simulate", "small.json", "-o", "-")
    expectExit(run, 0)
    #expect(run.output.hasPrefix("timestamp,organization_id,"))
    #expect(run.output.hasSuffix("\n"))
    #expect(run.errors.contains("wrote"))
    #expect(try lab.folder.names() == ["small.json"], "a pipe has no companions")
  }

  @Test func `a reader that leaves early is no failure`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let program = PackageRoot.builtProduct("finops-lab")
    let run = try ProcessRun.run(
      "/bin/bash", ["-c", "'\(program)' simulate small.json -o - --rows 500000 | head -n 1; echo ${PIPESTATUS[0]}"],
      environment: Lab.environment, workingDirectory: lab.folder.path)
    #expect(run.output.hasSuffix("\n0\n"), "\(run.output) \(run.errors)")
    let list = try ProcessRun.run(
      "/bin/bash", ["-c", "'\(program)' list models | head -n 1; echo ${PIPESTATUS[0]}"], environment: Lab.environment,
      workingDirectory: lab.folder.path)
    #expect(list.output.hasSuffix("\n0\n"), "\(list.output) \(list.errors)")
  }

  @Test func `a full device ends in 74 with one line`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let run = try lab.run("simulate", "small.json", "-o", "/dev/full")
    expectExit(run, 74)
    #expect(run.errors.contains("no space left"))
    let program = PackageRoot.builtProduct("finops-lab")
    let list = try ProcessRun.run(
      "/bin/bash", ["-c", "'\(program)' list models > /dev/full"], environment: Lab.environment,
      workingDirectory: lab.folder.path)
    #expect(list.exitCode == 74)
  }

  @Test func `a file that outgrows its limit ends in 74 and keeps what was written`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let program = PackageRoot.builtProduct("finops-lab")
    let run = try ProcessRun.run(
      "/bin/bash", ["-c", "ulimit -f 1000; trap '' XFSZ; '\(program)' simulate small.json -o x.csv --rows 100000"],
      environment: Lab.environment, workingDirectory: lab.folder.path)
    #expect(run.exitCode == 74, "\(run.end) \(run.errors)")
    #expect(try lab.folder.bytes(of: "x.csv.part").count == 1_024_000)
    #expect(!lab.folder.exists("x.csv"))
    expectExit(try lab.run("simulate", "small.json", "-o", "x.csv", "--rows", "100000", "--resume"), 0)
  }

  @Test func `an output that can't be created ends in 73`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    expectExit(try lab.run("simulate", "small.json", "-o", "small.json/x.csv"), 73)
    expectExit(try lab.run("simulate", "small.json", "-o", lab.folder.path), 73)
    expectExit(try lab.run("simulate", "small.json", "-o", "/proc/nothing/x.csv"), 73)
  }

  @Test func `colour and characters follow the flags and the environment`() throws {
    let lab = try Lab()
    let forced = try lab.run("list", "models", "--color", "always")
    #expect(forced.output.contains("\u{1b}["))
    var environment = Lab.environment
    environment["CLICOLOR_FORCE"] = "1"
    #expect(try lab.run("list", "models", environment: environment).output.contains("\u{1b}["))
    environment["NO_COLOR"] = "1"
    environment["CLICOLOR_FORCE"] = nil
    #expect(!(try lab.run("list", "models", environment: environment).output.contains("\u{1b}[")))
    let ascii = try lab.run("--ascii", "list", "models")
    #expect(ascii.output.utf8.allSatisfy { $0 < 0x80 })
  }

  @Test(arguments: [40, 80, 120]) func `no line is wider than it may be`(width: Int) throws {
    let lab = try Lab()
    try lab.writeScenario()
    for command in [
      ["run", "small.json"], ["list", "models"], ["list", "scenarios"], ["describe", "understanding"],
    ] {
      let run = try ProcessRun.run(
        PackageRoot.builtProduct("finops-lab"), command + ["--width", "\(width)", "--ascii"],
        environment: Lab.environment, workingDirectory: lab.folder.path)
      expectExit(run, 0)
      for line in run.output.split(separator: "\n") where line.count > width {
        Issue.record("\(command) prints \(line.count) columns: \(line)")
      }
    }
  }
}
