// The libFuzzer harness of the readers of what the lab keeps beside data: any bytes are read or refused, and what RecordCheck says holds of them. Built by
// Tests/Fuzzing/run.sh as one module.

/// Invariant: libFuzzer's buffer is valid for `count` bytes during the call; it is copied before use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do { _ = try RecordCheck.run(bytes) } catch { fatalError("\(error)") }
  return 0
}
