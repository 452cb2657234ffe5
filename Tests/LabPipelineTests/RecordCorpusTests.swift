import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct RecordCorpusTests {
  @Test func `every input of the fuzzing corpus is read or refused with a reason`() throws {
    var read: [UInt8: Int] = [:]
    var refused: [UInt8: Int] = [:]
    _ = try FuzzingCorpus.replay("records", least: 12) { _, bytes in
      let kind = try #require(bytes.first)
      if try RecordCheck.run(bytes) { read[kind, default: 0] += 1 } else { refused[kind, default: 0] += 1 }
      return 1
    }
    for kind in RecordCheck.kinds {
      #expect(read[kind, default: 0] > 0 && refused[kind, default: 0] > 0, "\(Unicode.Scalar(kind))")
    }
  }
}
