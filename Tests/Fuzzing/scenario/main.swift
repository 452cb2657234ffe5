// The libFuzzer harness of the scenario loader: any bytes are loaded or refused, with edits behind zero bytes, and what was loaded
// loads again as it is. Built by Tests/Fuzzing/run.sh as one module.

private let vocabulary = Vocabulary(
  patterns: [
    PatternDescriptor(id: "base", summary: "Flat"),
    PatternDescriptor(
      id: "burst", summary: "Sudden bursts",
      parameters: [
        ParameterDescriptor("probability", .number(.share), "Chance per hour", unit: "1/h", default: 0.05),
        ParameterDescriptor("multiplier", .interval(.positive), "Factor", default: [5, 20]),
      ]),
    PatternDescriptor(
      id: "feature_launch", summary: "A feature is launched",
      parameters: [
        ParameterDescriptor("feature", .reference(.feature), "The feature", required: true),
        ParameterDescriptor("at", .span(.any), "When", note: "20 % of the phase"),
      ]),
  ],
  incidents: [
    IncidentDescriptor(
      id: "outage", summary: "A provider fails",
      parameters: [ParameterDescriptor("share", .number(.share), "Of its calls", default: 0.5)])
  ],
  metrics: ["understanding.total_cost_usd", "understanding.budget.<budget>.burn_usd"],
  columns: ["provider", "model", "feature_id", "customer_id"])

private let book = """
  { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-01-01", "models": [
    { "provider": "openai", "model": "gpt-4o", "prices": [ { "per": 1000000, "input": 2.5, "output": 10 } ] },
    { "provider": "anthropic", "model": "claude-sonnet-4-5", "prices": [ { "per": 1000000, "input": 3, "output": 15 } ] } ] }
  """

private func loader(_ text: [UInt8]) -> ScenarioLoader {
  ScenarioLoader(
    files: ScenarioFiles(
      read: { path throws(LabFailure) in
        if path == "other.json" { return text }
        throw LabFailure(.notFound, code: "file_open", "no file '\(path)'")
      },
      prices: { _ throws(LabFailure) in try PriceBook.read(bytes: Array(book.utf8), name: "book") }),
    vocabulary: vocabulary)
}

/// Invariant: libFuzzer's buffer is valid for `count` bytes during the call; it is copied before use.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let parts = Array(UnsafeBufferPointer(start: start, count: count))
    .split(separator: 0, maxSplits: 8, omittingEmptySubsequences: false).map(Array.init)
  let edits = parts.dropFirst().compactMap { Edit(assignment: String(decoding: $0, as: UTF8.self)) }
  do throws(LabFailure) {
    let loaded = try loader(parts[0]).load(parts[0], name: "s.json", edits: edits)
    var writer = JSONWriter()
    writer.value(loaded.tree)
    do throws(LabFailure) {
      let again = try loader(writer.bytes).load(writer.bytes, name: "s.json")
      var second = JSONWriter()
      second.value(again.tree)
      if second.bytes != writer.bytes { fatalError("what was loaded changes when it is loaded again") }
    } catch { fatalError("what was loaded is refused: \(error.diagnostics.map(\.sentence))") }
  } catch {
    if error.diagnostics.isEmpty { fatalError("refused without a reason") }
    if error.kind == .internalError { fatalError("our own bug: \(error.diagnostics.map(\.sentence))") }
  }
  return 0
}
