// The libFuzzer harness of what a session reads: words of a line, transcripts and the wild cards of their outputs. Built by
// Tests/Fuzzing/run.sh as one module.

/// Invariant: libFuzzer's buffer is valid for `count` bytes during the call; it is copied before use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  for line in lines {
    guard let words = try? SessionWords.of(line) else { continue }
    let typed = words.map(SessionWords.quoted).joined(separator: " ")
    if (try? SessionWords.of(typed)) != words { fatalError("words change when they are typed again: \(words)") }
    guard LinePattern(LinePattern.escaped(line)).matches(line) else {
      fatalError("an escaped line doesn't fit itself: \(line)")
    }
  }
  if lines.count > 1 {
    let middle = lines.count / 2
    let (expected, actual) = (Array(lines[..<middle]), Array(lines[middle...]))
    let alignment = OutputAlignment(expected: expected, actual: actual)
    if expected.map(LinePattern.escaped) == actual.map(LinePattern.escaped), !alignment.isMatch {
      fatalError("equal outputs don't match")
    }
  }
  do throws(LabFailure) { _ = try Transcript(text, path: "t.session") } catch {
    if error.diagnostics.isEmpty { fatalError("refused without a reason") }
  }
  return 0
}
