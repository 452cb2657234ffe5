import Foundation
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct MooncakeCorpusTests {
  private static let folder = "Tests/Fuzzing/corpus/mooncake"

  @Test func `every input of the fuzzing corpus is read line by line`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(Self.folder)).sorted()
    #expect(names.count >= 6)
    var calls = 0
    for name in names {
      let bytes = try PackageRoot.bytes(of: "\(Self.folder)/\(name)")
      do throws(MooncakeCheck.Violation) { calls += try MooncakeCheck.run(bytes) } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(calls >= 8)
  }
}
