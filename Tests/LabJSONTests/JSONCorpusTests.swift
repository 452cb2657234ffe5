import LabCore
import LabJSON
import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct JSONCorpusTests {
  @Test func `every input of the fuzzing corpus is read or refused with its place`() throws {
    let accepted = try FuzzingCorpus.replay("json", least: 20) { name, bytes in
      do throws(LabFailure) {
        let root = try JSONReader.read(bytes, name: name).root
        var writer = JSONWriter(compact: true)
        writer.value(root)
        let again = try JSONReader.read(writer.bytes, name: name).root
        var second = JSONWriter(compact: true)
        second.value(again)
        #expect(second.bytes == writer.bytes, "\(name)")
        return 1
      } catch {
        #expect(!error.diagnostics.isEmpty, "\(name)")
        for diagnostic in error.diagnostics {
          #expect(diagnostic.location?.line != nil && diagnostic.location?.column != nil, "\(name)")
        }
        return 0
      }
    }
    #expect(accepted >= 8)
  }
}
