import Foundation
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct ScenarioCorpusTests {
  private static let folder = "Tests/Fuzzing/corpus/scenario"

  @Test func `every input of the fuzzing corpus is loaded or refused, and what was loaded loads again`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(Self.folder)).sorted()
    #expect(names.count >= 5)
    var loaded = 0
    for name in names {
      let bytes = try PackageRoot.bytes(of: "\(Self.folder)/\(name)")
      do throws(ScenarioCheck.Violation) { if try ScenarioCheck.run(bytes) { loaded += 1 } } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(loaded >= 3)
  }
}
