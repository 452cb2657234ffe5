import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct CSVCorpusTests {
  @Test func `every input of the fuzzing corpus is read alike in any blocks and by the plain reader`() throws {
    let loaded = try FuzzingCorpus.replay("csv", least: 20) { _, bytes in
      try ReaderCheck(bytes).run() ? 1 : 0
    }
    #expect(loaded >= 15)
  }
}
