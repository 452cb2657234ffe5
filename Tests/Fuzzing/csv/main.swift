// The libFuzzer harness of the CSV reader: any bytes are a usage file or none, and what ReaderCheck says holds of them. Built
// by Tests/Fuzzing/run.sh as one module, with segments, blocks and parsers so small that a short input fills several.

/// Invariant: libFuzzer's buffer is valid for `count` bytes during the call; it is copied before use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do { _ = try ReaderCheck(bytes).run() } catch { fatalError("\(error)") }
  return 0
}
