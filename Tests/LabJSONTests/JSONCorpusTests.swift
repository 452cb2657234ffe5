import Foundation
import LabCore
import LabJSON
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct JSONCorpusTests {
  @Test func `every input of the fuzzing corpus is read or refused with its place`() throws {
    let folder = PackageRoot.file("Tests/Fuzzing/corpus/json")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    #expect(names.count >= 20)
    var accepted = 0
    for name in names {
      let bytes = try PackageRoot.bytes(of: "Tests/Fuzzing/corpus/json/" + name)
      do throws(LabFailure) {
        let root = try JSONReader.read(bytes, name: name).root
        accepted += 1
        var writer = JSONWriter(compact: true)
        writer.value(root)
        let again = try JSONReader.read(writer.bytes, name: name).root
        var second = JSONWriter(compact: true)
        second.value(again)
        #expect(second.bytes == writer.bytes, "\(name)")
      } catch {
        #expect(!error.diagnostics.isEmpty, "\(name)")
        for diagnostic in error.diagnostics {
          #expect(diagnostic.location?.line != nil && diagnostic.location?.column != nil, "\(name)")
        }
      }
    }
    #expect(accepted >= 8)
  }
}
