import Foundation
import LabTestSupport
import Testing

@testable import LabPipeline

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct RecordCorpusTests {
  private static let folder = "Tests/Fuzzing/corpus/records"

  @Test func `every input of the fuzzing corpus is read or refused with a reason`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(Self.folder)).sorted()
    var read: [UInt8: Int] = [:]
    var refused: [UInt8: Int] = [:]
    for name in names {
      let bytes = try PackageRoot.bytes(of: "\(Self.folder)/\(name)")
      let kind = try #require(bytes.first)
      do throws(RecordCheck.Violation) {
        if try RecordCheck.run(bytes) { read[kind, default: 0] += 1 } else { refused[kind, default: 0] += 1 }
      } catch {
        Issue.record("\(name): \(error)")
      }
    }
    for kind in RecordCheck.kinds {
      #expect(read[kind, default: 0] > 0 && refused[kind, default: 0] > 0, "\(Unicode.Scalar(kind))")
    }
  }
}
