// The libFuzzer harness of what a session reads: words of a line, transcripts and the wild cards of their outputs, of which
// SessionTextCheck holds. Built by Tests/Fuzzing/run.sh as one module.

/// Invariant: libFuzzer's buffer is valid for `count` bytes during the call; it is copied before use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  do { _ = try SessionTextCheck.run(text) } catch { fatalError("\(error)") }
  return 0
}
