import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabScenario

/// What must hold of any bytes that are loaded as a scenario: they are refused with a reason, or what was loaded loads again
/// as it is. The fuzzer runs it too.
enum ScenarioCheck {
  /// What is wrong, in words.
  struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
  }

  /// A few names of each kind.
  static let vocabulary = Vocabulary(
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
          ParameterDescriptor("peak", .number(.nonNegative), "The highest factor", default: 3),
        ]),
      PatternDescriptor(
        id: "model_migration", summary: "Calls move to another model",
        parameters: [
          ParameterDescriptor("from", .reference(.model), "The old model"),
          ParameterDescriptor("to", .reference(.model), "The new model"),
          ParameterDescriptor("curve", .choice(["linear", "logistic"]), "The curve", default: "linear"),
        ]),
    ],
    metrics: [
      "understanding.total_cost_usd", "understanding.total_calls", "performance.p95_latency_ms",
      "dataset_overview.success_rate_pct", "understanding.budget.<budget>.burn_usd",
    ],
    columns: ["organization_id", "feature_id", "provider", "model", "region", "status", "customer_id"])

  private static let book = """
    { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-01-01", "models": [
      { "provider": "openai", "model": "gpt-4o", "prices": [ { "per": 1000000, "input": 2.5, "output": 10 } ] },
      { "provider": "anthropic", "model": "claude-sonnet-4-5",
        "prices": [ { "per": 1000000, "input": 3, "output": 15 } ] } ] }
    """

  /// Loads a scenario, and edits such as `traffic.calls_per_hour=5` behind zero bytes. `other.json` is the scenario itself.
  ///
  /// - Returns: whether it was loaded.
  static func run(_ content: [UInt8]) throws(Violation) -> Bool {
    let parts = content.split(separator: 0, maxSplits: 8, omittingEmptySubsequences: false).map(Array.init)
    let edits = parts.dropFirst().compactMap { Edit(assignment: String(decoding: $0, as: UTF8.self)) }
    let loaded: LoadedScenario
    do throws(LabFailure) { loaded = try loader(parts[0]).load(parts[0], name: "s.json", edits: edits) } catch {
      guard error.kind != .internalError, !error.diagnostics.isEmpty,
        error.diagnostics.allSatisfy({ !$0.sentence.isEmpty })
      else { throw Violation("a refusal without a reason: \(error)") }
      return false
    }
    let first = text(of: loaded)
    do throws(LabFailure) {
      guard text(of: try loader(first).load(first, name: "s.json")) == first else {
        throw LabFailure(.invalidInput, code: "changed", "loaded again it differs")
      }
    } catch { throw Violation("what was loaded: \(error) \(String(decoding: first, as: UTF8.self))") }
    return true
  }

  private static func text(of loaded: LoadedScenario) -> [UInt8] {
    var writer = JSONWriter()
    writer.value(loaded.tree)
    return writer.bytes
  }

  private static func loader(_ text: [UInt8]) -> ScenarioLoader {
    ScenarioLoader(
      files: ScenarioFiles(
        read: { path throws(LabFailure) in
          if path == "other.json" { return text }
          throw LabFailure(.notFound, code: "file_open", "no file '\(path)'")
        },
        prices: { _ throws(LabFailure) in try PriceBook.read(bytes: Array(book.utf8), name: "book") }),
      vocabulary: vocabulary)
  }
}
