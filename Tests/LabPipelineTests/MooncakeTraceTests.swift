import LabCore
import Testing

@testable import LabPipeline

@Suite struct MooncakeTraceTests {
  private func read(_ lines: String...) -> MooncakeTrace {
    var trace = MooncakeTrace()
    for (index, line) in lines.enumerated() { trace.read(line: Array(line.utf8)[...], number: index + 1) }
    return trace
  }

  @Test func `leading blocks that were seen before are cached input of 512 tokens each`() {
    let trace = read(
      #"{"timestamp": 0, "input_length": 1500, "output_length": 10, "hash_ids": [1, 2, 3]}"#,
      #"{"timestamp": 27482.5, "input_length": 2000, "output_length": 20, "hash_ids": [1, 2, 9, 3]}"#)
    #expect(trace.calls.map(\.cachedInputTokens) == [0, 1024])
    #expect(trace.calls[1].offset.microseconds == 27_482_500)
  }

  @Test func `cached input is never more than the input`() {
    let line = #"{"timestamp": 0, "input_length": 600, "output_length": 1, "hash_ids": [1, 2]}"#
    #expect(read(line, line).calls.map(\.cachedInputTokens) == [0, 600])
  }

  @Test func `bad lines are counted by reason with their numbers`() {
    let trace = read(
      "{", "[]", #"{"timestamp": -1, "input_length": 1, "output_length": 1}"#,
      #"{"timestamp": 1, "input_length": 1.5, "output_length": 1}"#,
      #"{"timestamp": 1, "input_length": 1, "output_length": 1, "hash_ids": ["a"]}"#, "  ",
      #"{"timestamp": 1, "input_length": 1, "output_length": 1}"#)
    #expect(trace.calls.count == 1)
    #expect(trace.rejects.reasons.map(\.count) == [2, 1, 1, 1])
    #expect(trace.rejects.reasons.map(\.firstLines) == [[1, 2], [3], [4], [5]])
  }
}
