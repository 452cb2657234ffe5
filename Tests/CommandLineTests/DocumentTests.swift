import LabTestSupport
import Testing

@Suite struct DocumentTests {
  @Test func `the generated pages are current (make docs writes them)`() throws {
    let lab = try Lab()
    expectExit(try lab.run("generate-docs", "."), 0)
    for path in [
      "docs/cli.md", "docs/session.md", "docs/analyzers.md", "docs/patterns.md", "docs/scenario-reference.md",
      "scenarios/scenario.schema.json",
    ] {
      #expect(
        try lab.folder.bytes(of: path) == PackageRoot.bytes(of: path), "\(path) is stale: run 'make docs' and commit it"
      )
    }
  }

  @Test func `every command has help with an example`() throws {
    let lab = try Lab()
    for command in [
      ["run"], ["report"], ["compare"], ["sweep"], ["test"], ["validate"], ["simulate"], ["analyze"], ["import"],
      ["prices", "import"], ["prices", "lint"],
      ["prices", "show"], ["list"], ["describe"], ["init"], ["schema"], ["completions"],
    ] {
      let run = try ProcessRun.run(
        PackageRoot.builtProduct("finops-lab"), command + ["--help"], environment: Lab.environment)
      expectExit(run, 0)
      #expect(run.output.contains("EXAMPLES\n") && run.output.contains("finops-lab \(command[0])"), "\(command)")
    }
    expectExit(try lab.run(), 0)
    let version = try lab.run("version")
    #expect(version.output.hasPrefix("finops-lab ") && version.output.split(separator: "\n").count == 1)
  }

  @Test(arguments: ["bash", "zsh", "fish"]) func `completions name every command`(shell: String) throws {
    let run = try Lab().run("completions", shell)
    expectExit(run, 0)
    for command in ["simulate", "analyze", "validate", "--threads"] {
      // fish writes long options without their dashes.
      #expect(run.output.contains(command.filter { $0 != "-" }), "\(shell): \(command)")
    }
  }

  @Test func `init writes the shipped files and keeps what is there`() throws {
    let lab = try Lab()
    try lab.folder.write("mine", to: "p/scenarios/peak.json")
    let run = try lab.run("init", "p")
    expectExit(run, 0)
    #expect(run.errors.contains("kept p/scenarios/peak.json"))
    #expect(try lab.folder.text(of: "p/scenarios/peak.json") == "mine")
    #expect(
      try lab.folder.bytes(of: "p/scenarios/prices/classic.json")
        == PackageRoot.bytes(of: "scenarios/prices/classic.json"))
  }
}
