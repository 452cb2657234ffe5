import Foundation
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct SessionCorpusTests {
  private static let folder = "Tests/Fuzzing/corpus/session"

  @Test func `every input of the fuzzing corpus is read or refused, and its lines stand for themselves`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(Self.folder)).sorted()
    #expect(names.count >= 5)
    var transcripts = 0
    for name in names {
      let text = String(decoding: try PackageRoot.bytes(of: "\(Self.folder)/\(name)"), as: UTF8.self)
      do throws(SessionTextCheck.Violation) { if try SessionTextCheck.run(text) { transcripts += 1 } } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(transcripts >= 1)
  }
}
