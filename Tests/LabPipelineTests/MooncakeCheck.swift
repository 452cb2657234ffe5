import LabCore

@testable import LabPipeline

/// What must hold of any bytes that are read as a Mooncake trace: every line is a call, rejected or blank; figures are in
/// their ranges; and what was read doesn't depend on the lines that follow. The fuzzer runs it too.
enum MooncakeCheck {
  /// What is wrong, in words.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// Reads `content` line by line.
  ///
  /// - Returns: the number of calls.
  static func run(_ content: [UInt8]) throws(Violation) -> Int {
    let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var trace = MooncakeTrace()
    var blank = 0
    for (index, line) in lines.enumerated() {
      let before = (trace.calls.count, trace.rejects.count)
      trace.read(line: line, number: index + 1)
      let added = trace.calls.count - before.0 + trace.rejects.count - before.1
      let isBlank = line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }
      guard added == (isBlank ? 0 : 1) else { throw Violation("line \(index + 1) counts \(added) times") }
      blank += isBlank ? 1 : 0
    }
    guard trace.calls.count + trace.rejects.count + blank == lines.count else {
      throw Violation(
        "\(trace.calls.count) calls, \(trace.rejects.count) rejects, \(blank) blank, \(lines.count) lines")
    }
    try checkFigures(trace)
    try checkRejects(trace, lines)
    return trace.calls.count
  }

  private static func checkFigures(_ trace: MooncakeTrace) throws(Violation) {
    let latest = Int64(MooncakeTrace.latestMilliseconds) * 1000
    for call in trace.calls {
      guard (0...latest).contains(call.offset.microseconds), call.inputTokens >= 0, call.outputTokens >= 0,
        (0...call.inputTokens).contains(call.cachedInputTokens),
        call.cachedInputTokens == call.inputTokens || call.cachedInputTokens % MooncakeTrace.blockTokens == 0,
        !call.inputTokens.addingReportingOverflow(call.outputTokens).overflow
      else { throw Violation("a call out of range: \(call)") }
    }
  }

  private static func checkRejects(_ trace: MooncakeTrace, _ lines: [ArraySlice<UInt8>]) throws(Violation) {
    let rejects = trace.rejects
    guard rejects.lines.count == rejects.count else { throw Violation("\(rejects.lines.count) lines are kept") }
    for reject in rejects.lines where Array(lines[reject.number - 1]) != reject.bytes {
      throw Violation("line \(reject.number) is kept as \(reject.bytes)")
    }
    for reason in rejects.reasons {
      let numbers = rejects.lines.filter { $0.reason == reason.reason }.map(\.number)
      guard numbers.count == reason.count, Array(numbers.prefix(10)) == reason.firstLines else {
        throw Violation("\(reason) against \(numbers)")
      }
    }
    // The lines that were taken give the same calls without the others.
    let rejected = Set(rejects.lines.map(\.number))
    var again = MooncakeTrace()
    for (index, line) in lines.enumerated() where !rejected.contains(index + 1) {
      again.read(line: line, number: index + 1)
    }
    guard "\(again.calls)" == "\(trace.calls)", again.rejects.count == 0 else {
      throw Violation("rejected lines change the others: \(again.calls) against \(trace.calls)")
    }
  }
}
