import Foundation
import LabTestSupport
import Testing

/// What a machine that fails leads to: a sentence, a code and whole files. `make torture` tries far more of it.
@Suite struct FaultTests {
  private func limited(_ lab: Lab, kilobytes: Int, _ command: String) throws -> ProcessRun {
    try ProcessRun.run(
      "/bin/sh", ["-c", "ulimit -v \(kilobytes); exec \(PackageRoot.builtProduct("finops-lab")) \(command)"],
      environment: Lab.environment, workingDirectory: lab.folder.path)
  }

  @Test func `work that needs more memory than the process may have is refused before it starts`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    expectExit(try lab.run("simulate", "small.json", "-o", "x.csv", "--quiet"), 0)
    for command in ["analyze x.csv", "report x.csv -o pages", "simulate small.json -o y.csv"] {
      let run = try limited(lab, kilobytes: 300_000, command)
      expectExit(run, 65)
      #expect(run.errors.contains("of memory, and ulimit -v leaves this process"), "\(run.errors)")
      #expect(!run.errors.contains("crashed"), "\(run.errors)")
    }
    #expect(!lab.folder.exists("y.csv") && !lab.folder.exists("pages"))
    expectExit(try limited(lab, kilobytes: 4_000_000, "analyze x.csv --quiet"), 0)
  }

  @Test func `a damaged record beside the data is said, and one that can't be read is an error`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    expectExit(try lab.run("simulate", "small.json", "-o", "x.csv", "--quiet"), 0)
    try lab.folder.write("{", to: "x.run.json")
    let damaged = try lab.run("analyze", "x.csv", "understanding", "--quiet")
    expectExit(damaged, 0)
    #expect(damaged.errors.contains("warning: 'x.run.json' is no record of a run and is not used"), "\(damaged.errors)")
    try FileManager.default.removeItem(atPath: lab.folder.file("x.run.json"))
    try FileManager.default.createDirectory(
      atPath: lab.folder.file("x.run.json"), withIntermediateDirectories: false)
    let unreadable = try lab.run("analyze", "x.csv", "understanding", "--quiet")
    #expect(unreadable.exitCode != 0)
    #expect(unreadable.errors.contains("x.run.json"), "\(unreadable.errors)")
  }

  @Test func `a line without an end is refused, and what follows it runs`() throws {
    let lab = try Lab()
    let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 30_000_000)
    let run = try lab.run(input: Array("bail off\n".utf8) + endless + Array("\necho after\n".utf8), timeout: 60)
    #expect(run.errors.contains("the line has more than 65,536 bytes"), "\(run.errors.prefix(300))")
    #expect(run.errors.utf8.count < 2000)
    #expect(run.output.contains("after"))
  }

  @Test func `rejects that can't be written whole leave no file`() throws {
    let lab = try Lab()
    try lab.folder.write("timestamp,provider,model\n2026-01-05T00:00:00Z,a,b\nnonsense\n", to: "x.csv")
    expectExit(try lab.run("analyze", "x.csv", "understanding", "--rejects", "r.csv", "--quiet"), 0)
    let rejects = try lab.folder.text(of: "r.csv")
    #expect(rejects.split(separator: "\n").count == 2)
    #expect(rejects.contains("nonsense"))
    let full = try lab.run("analyze", "x.csv", "understanding", "--rejects", "/dev/full", "--quiet")
    #expect(full.errors.contains("/dev/full"), "\(full.errors)")
    expectExit(full, 74)
    #expect(try !lab.folder.names().contains { $0.hasSuffix(".unfinished") })
  }
}
