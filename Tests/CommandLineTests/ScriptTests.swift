import LabTestSupport
import Testing

/// The session without a terminal: lines of a pipe are a script.
@Suite struct ScriptTests {
  private func script(_ lab: Lab, _ lines: String) throws -> ProcessRun { try lab.run(input: Array(lines.utf8)) }

  @Test func `a script ends at its first error with that error's code`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let run = try script(lab, "load small\nload nosuch.json\necho never\n")
    expectExit(run, 66)
    #expect(run.output == "loaded scenario \"small\": 7 providers, 5 features, 0 thresholds\n")
    #expect(run.errors.hasPrefix("error: no file 'nosuch.json'"))
  }

  @Test func `with bail off it goes on and still ends with the error's code`() throws {
    let lab = try Lab()
    let run = try script(lab, "bail off\nlaod x\necho \"open\necho on\n")
    expectExit(run, 64)
    #expect(run.output == "on\n")
    #expect(run.errors.contains("did you mean 'load'?") && run.errors.contains("is never closed"))
  }

  @Test func `a change that isn't valid leaves the scenario as it was`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let run = try script(
      lab, "bail off\nload small\nset traffic.calls_per_hour 70 seed -1\nshow traffic.calls_per_hour\ndiff\n")
    expectExit(run, 65)
    #expect(run.output.hasSuffix("traffic.calls_per_hour  60\nnothing is changed\n"), "\(run.output)")
    #expect(run.errors.contains("seed"))
  }

  @Test func `a failed expectation ends in 1, a failed threshold in 99`() throws {
    let lab = try Lab()
    try lab.writeScenario(
      adding: #""thresholds": [ { "id": "bill", "metric": "understanding.total_cost_usd", "must": "<= 0" } ]"#)
    expectExit(try script(lab, "load small\nrun\nexpect threshold bill fail\n"), 99)
    let failed = try script(lab, "load small\nrun\nexpect threshold bill pass\n")
    expectExit(failed, 1)
    #expect(failed.errors.contains("threshold bill is 'fail', expected 'pass'"))
  }

  @Test func `machine-readable modes write results alone to standard output`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let run = try script(lab, "mode csv\nload small\nset seed 7\nrun\n")
    expectExit(run, 0)
    #expect(!run.output.contains("loaded") && run.errors.contains("loaded scenario"))
    let top = try script(lab, "mode csv\nload data/small.csv\ntop calls by provider 1\n")
    #expect(top.output.hasPrefix("provider,calls,share\n"), "\(top.output)")
  }

  @Test func `an output that nobody reads any more is no failure`() throws {
    let lab = try Lab()
    let program = PackageRoot.builtProduct("finops-lab")
    let run = try ProcessRun.run(
      "/bin/bash", ["-c", "yes help | head -n 200 | '\(program)' | head -n 1; echo ${PIPESTATUS[2]}"],
      environment: Lab.environment, workingDirectory: lab.folder.path)
    #expect(run.output == "help\n0\n", "\(run.output) \(run.errors)")
  }

  @Test func `data that grows is read on by reload`() throws {
    let lab = try Lab()
    let header = "timestamp,provider,model,input_tokens,output_tokens,cost_usd\n"
    let row = "2026-01-05T09:00:00Z,openai,gpt-4o,10,5,0.5\n"
    try lab.folder.write(header + row, to: "a.csv")
    // The script itself makes the file grow, through the export of a run's part.
    let run = try ProcessRun.run(
      "/bin/bash",
      [
        "-c",
        "(echo load a.csv; sleep 2; printf '\(row.dropLast())\\n' >> a.csv; echo reload) | '\(PackageRoot.builtProduct("finops-lab"))'",
      ],
      environment: Lab.environment, workingDirectory: lab.folder.path)
    #expect(run.output.contains("loaded a.csv: 1 call"))
    #expect(run.output.contains("a.csv grew by 1 call to 2"), "\(run.output) \(run.errors)")
  }

  @Test func `runs are found again by a later session, the oldest are dropped, and the baseline stays`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    try lab.folder.write("", to: "scenarios/.keep")
    expectExit(try script(lab, "load small\nset duration 2h\nrun\nbaseline set @\nrun --seed 7\n"), 0)
    try lab.folder.write("half", to: ".finops-lab/runs/0099/run.json")
    try lab.folder.write("x", to: ".finops-lab/runs/.new-1-1/summary.json")
    let later = try script(lab, "compare baseline 2\nlist runs\nload 1\n")
    expectExit(later, 0)
    #expect(later.output.contains("run 1 (small with duration=2h) → run 2 (small with duration=2h"))
    #expect(later.output.contains("baseline"))
    let ignored = try lab.folder.text(of: ".finops-lab/.gitignore")
    #expect(ignored == "*\n")
  }
}
