import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct MooncakeCorpusTests {
  @Test func `every input of the fuzzing corpus is read line by line`() throws {
    let calls = try FuzzingCorpus.replay("mooncake", least: 6) { _, bytes in
      try MooncakeCheck.run(bytes)
    }
    #expect(calls >= 8)
  }
}
