import Glibc
import LabTestSupport
import Testing

@Suite struct InterruptionTests {
  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func `a signal stops a simulation within a second, and --resume goes on`(
    signal: Int32, code: Int32
  ) throws {
    let lab = try Lab()
    try lab.writeScenario()
    let arguments = ["simulate", "small.json", "-o", "big.csv", "--rows", "3000000"]
    var process = try RunningProcess(
      PackageRoot.builtProduct("finops-lab"), arguments, environment: Lab.environment, workingDirectory: lab.folder.path
    )
    try waitFor { (try? lab.folder.bytes(of: "big.csv.part").count) ?? 0 > 1_000_000 }
    process.closeInput()
    process.send(signal: signal)
    let started = ContinuousClock.now
    let run = process.finish(timeout: 30)
    #expect(ContinuousClock.now - started < .seconds(5))
    expectExit(run, code)
    #expect(run.errors.contains("--resume"))
    #expect(!lab.folder.exists("big.csv"), "an interrupted file must not look complete")
    #expect(!lab.folder.exists("big.csv.lock"))
    let part = try lab.folder.bytes(of: "big.csv.part")
    #expect(part.last == UInt8(ascii: "\n"), "whole rows only")
  }

  @Test func `a killed simulation resumes to the bytes of an unbroken one`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let arguments = ["simulate", "small.json", "--rows", "200000"]
    var process = try RunningProcess(
      PackageRoot.builtProduct("finops-lab"), arguments + ["-o", "broken.csv"], environment: Lab.environment,
      workingDirectory: lab.folder.path)
    try waitFor { (try? lab.folder.bytes(of: "broken.csv.part").count) ?? 0 > 1_000_000 }
    process.closeInput()
    process.send(signal: SIGKILL)
    _ = process.finish(timeout: 30)
    #expect(!lab.folder.exists("broken.csv"))
    expectExit(try lab.run("simulate", "small.json", "--rows", "200000", "-o", "broken.csv", "--resume"), 0)
    expectExit(try lab.run("simulate", "small.json", "--rows", "200000", "-o", "whole.csv"), 0)
    #expect(try lab.folder.bytes(of: "broken.csv") == lab.folder.bytes(of: "whole.csv"))
    #expect(!lab.folder.exists("broken.csv.part") && !lab.folder.exists("broken.run.json.part"))
  }

  @Test func `a part of another scenario is not resumed`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    try lab.folder.write("half a row", to: "x.csv.part")
    try lab.folder.write("{}", to: "x.run.json.part")
    let run = try lab.run("simulate", "small.json", "-o", "x.csv", "--resume")
    expectExit(run, 65)
    #expect(try lab.folder.text(of: "x.csv.part") == "half a row")
  }

  @Test func `a second writer of the same file ends in 75`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    var process = try lab.start("simulate", "small.json", "-o", "big.csv", "--rows", "3000000")
    try waitFor { lab.folder.exists("big.csv.part") }
    let second = try lab.run("simulate", "small.json", "-o", "big.csv")
    process.closeInput()
    process.send(signal: SIGTERM)
    _ = process.finish(timeout: 30)
    expectExit(second, 75)
    #expect(second.errors.contains("another run"))
  }

  /// Waits until a condition holds, at most 20 seconds.
  private func waitFor(_ condition: () -> Bool) throws {
    for _ in 0..<2000 {
      if condition() { return }
      usleep(10_000)
    }
    Issue.record("what was waited for did not come")
  }
}
