import Foundation
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct PriceMapCorpusTests {
  private static let folder = "Tests/Fuzzing/corpus/prices"

  @Test func `every input of the fuzzing corpus is imported or refused, and what was imported can be written`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: PackageRoot.file(Self.folder)).sorted()
    #expect(names.count >= 10)
    var imported = 0
    for name in names {
      let bytes = try PackageRoot.bytes(of: "\(Self.folder)/\(name)")
      do throws(PriceMapCheck.Violation) { if try PriceMapCheck.run(bytes) { imported += 1 } } catch {
        Issue.record("\(name): \(error)")
      }
    }
    #expect(imported >= 8)
  }
}
