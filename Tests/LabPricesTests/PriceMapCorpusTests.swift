import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct PriceMapCorpusTests {
  @Test func `every input of the fuzzing corpus is imported or refused, and what was imported can be written`() throws {
    let imported = try FuzzingCorpus.replay("prices", least: 10) { _, bytes in
      try PriceMapCheck.run(bytes) ? 1 : 0
    }
    #expect(imported >= 8)
  }
}
