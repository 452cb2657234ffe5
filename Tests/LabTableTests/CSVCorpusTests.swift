import Foundation
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct CSVCorpusTests {
  private static let folder = "Tests/Fuzzing/corpus/csv"

  @Test func `every input of the fuzzing corpus is read alike in any blocks and by the plain reader`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(Self.folder)).sorted()
    #expect(names.count >= 20)
    var loaded = 0
    for name in names {
      let check = try ReaderCheck(PackageRoot.bytes(of: "\(Self.folder)/\(name)"))
      do { if try check.run() { loaded += 1 } } catch let violation as ReaderCheck.Violation {
        Issue.record("\(name): \(violation)")
      }
    }
    #expect(loaded >= 15)
  }
}
