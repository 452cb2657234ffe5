import LabTestSupport
import Testing

/// Replays the inputs that the fuzzer starts from, and those that it once found.
@Suite struct ScenarioCorpusTests {
  @Test func `every input of the fuzzing corpus is loaded or refused, and what was loaded loads again`() throws {
    let loaded = try FuzzingCorpus.replay("scenario", least: 5) { _, bytes in
      try ScenarioCheck.run(bytes) ? 1 : 0
    }
    #expect(loaded >= 3)
  }
}
