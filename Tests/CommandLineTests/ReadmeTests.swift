import Foundation
import LabTestSupport
import Testing

/// The console examples of the README are run as they stand, and print what they show.
@Suite struct ReadmeTests {
  /// A command with the text that is shown below it, up to the next command or the end of the block.
  struct Example: CustomTestStringConvertible {
    var command: String
    var output: String
    var testDescription: String { command }
    var needsSharedData: Bool { command.contains("../shared/data") }
  }

  /// The examples of all blocks marked `console`, in order; each block's commands run in one folder.
  static func blocks() throws -> [[Example]] {
    let text = String(decoding: try PackageRoot.bytes(of: "README.md"), as: UTF8.self)
    var blocks: [[Example]] = []
    for part in text.components(separatedBy: "```console\n").dropFirst() {
      var examples: [Example] = []
      for line in part.components(separatedBy: "```")[0].components(separatedBy: "\n").dropLast() {
        if line.hasPrefix("$ ") {
          examples.append(Example(command: String(line.dropFirst(2)), output: ""))
        } else if !examples.isEmpty {
          examples[examples.count - 1].output += line + "\n"
        }
      }
      blocks.append(examples)
    }
    return blocks
  }

  /// A summary without what depends on the machine: rate, time, and the size with the chart library.
  private static func masked(_ text: String) -> String {
    text.replacing(#/simulated at [0-9.]+[kM]? rows/s/#, with: "")
      .replacing(#/pages, [0-9.]+ [kM]B/#, with: "").replacing(#/Done in [0-9.]+ s/#, with: "")
  }

  @Test func `make run ends as the README shows`() throws {
    let text = String(decoding: try PackageRoot.bytes(of: "README.md"), as: UTF8.self)
    let block = try #require(text.components(separatedBy: "```text\npeak\n").dropFirst().first)
    let shown = "peak\n" + block.components(separatedBy: "```")[0]
    let lab = try Lab()
    let run = try lab.run("run", PackageRoot.file("scenarios/peak.json"))
    expectExit(run, 0)
    #expect(Self.masked(run.output) == Self.masked(shown), "the README shows something else than 'make run' prints")
  }

  @Test func `the README's examples print what it shows`() throws {
    let blocks = try Self.blocks()
    #expect(blocks.count >= 2, "the README has its console examples")
    for block in blocks {
      if block.contains(where: \.needsSharedData), !SharedData.isPresent {
        print("README example left out: the shared data is not at ../shared/data beside the package")
        continue
      }
      let folder = try TemporaryFolder("readme")
      try folder.write("", to: "project/.keep")
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("shared"),
        withDestinationPath: (SharedData.folder as NSString).deletingLastPathComponent)
      let tools = PackageRoot.builtProduct("finops-lab") as NSString
      var environment = Lab.environment
      environment["PATH"] = tools.deletingLastPathComponent + ":/usr/bin:/bin"
      for example in block {
        let run = try ProcessRun.run(
          "/bin/bash", ["-c", example.command + " 2>&1"], environment: environment,
          workingDirectory: folder.file("project"))
        #expect(run.exitCode == 0, "\(example.command): \(run.output)")
        #expect(run.output == example.output, "\(example.command) prints something else than the README shows")
      }
    }
  }
}
