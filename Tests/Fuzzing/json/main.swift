// The libFuzzer harness of the JSON reader: any bytes are read or refused with a place, and what was read can be written
// and read again. Built by Tests/Fuzzing/run.sh from the sources of LabCore and LabJSON, as one module.

/// Invariant: libFuzzer's buffer is valid for `count` bytes during the call; it is copied before use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  do throws(LabFailure) {
    let document = try JSONReader.read(bytes, name: "fuzz")
    var writer = JSONWriter(compact: true)
    writer.value(document.root)
    let again: JSONDocument
    do throws(LabFailure) { again = try JSONReader.read(writer.bytes, name: "again") } catch {
      fatalError("what was written can't be read: \(error)")
    }
    var second = JSONWriter(compact: true)
    second.value(again.root)
    precondition(second.bytes == writer.bytes, "writing what was read changes it")
  } catch {
    precondition(!error.diagnostics.isEmpty, "a refusal without a reason")
    for diagnostic in error.diagnostics {
      precondition(diagnostic.location?.line != nil && diagnostic.location?.column != nil, "a refusal without a place")
      precondition(!diagnostic.sentence.isEmpty)
    }
  }
  return 0
}
