import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct SessionCorpusTests {
  @Test func `every input of the fuzzing corpus is read or refused, and its lines stand for themselves`() throws {
    let transcripts = try FuzzingCorpus.replay("session", least: 5) { _, bytes in
      try SessionTextCheck.run(String(decoding: bytes, as: UTF8.self)) ? 1 : 0
    }
    #expect(transcripts >= 1)
  }
}
