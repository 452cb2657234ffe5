import LabCore
import LabJSON
import LabPrices
import LabTestSupport
import Testing

@testable import LabScenario

/// A loader over files that exist in memory only, with a small vocabulary and the shipped price books.
struct Desk {
  var files: [String: String]

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

  static let shippedBook = Result {
    try PriceBook.read(bytes: PackageRoot.bytes(of: "scenarios/prices/2026-11.json"), name: "2026-11.json")
  }
  static let classicBook = Result {
    try PriceBook.read(bytes: PackageRoot.bytes(of: "scenarios/prices/classic.json"), name: "classic.json")
  }

  init(_ files: [String: String] = [:]) { self.files = files }

  /// One file, `s.json`.
  init(_ text: String) { files = ["s.json": text] }

  var loader: ScenarioLoader {
    let files = files
    @Sendable func missing(_ path: String) -> LabFailure {
      LabFailure(.notFound, code: "file_open", "no file '\(path)'")
    }
    return ScenarioLoader(
      files: ScenarioFiles(
        read: { path throws(LabFailure) in
          guard let text = files[path] else { throw missing(path) }
          return Array(text.utf8)
        },
        prices: { path throws(LabFailure) in
          let book = path.map { $0.hasSuffix("classic.json") ? Self.classicBook : Self.shippedBook } ?? Self.shippedBook
          if let path, files[path] == nil, path != "prices/classic.json" { throw missing(path) }
          do { return try book.get() } catch let failure as LabFailure { throw failure } catch {
            throw missing("the shipped book")
          }
        }), vocabulary: Self.vocabulary)
  }

  func load(_ path: String = "s.json", _ sets: [String] = []) throws -> LoadedScenario {
    try loader.load(path, edits: sets.map { try #require(Edit(assignment: $0)) })
  }

  /// What loading reports, without the lines of help: `s.json:1:2: error: …`.
  func problems(_ path: String = "s.json", _ sets: [String] = []) throws -> [String] {
    try failure(path, sets).diagnostics.map { "\($0.location.map { "\($0): " } ?? "")\($0.sentence)" }
  }

  /// The failure that loading ends in.
  func failure(_ path: String = "s.json", _ sets: [String] = []) throws -> LabFailure {
    let edits = try sets.map { try #require(Edit(assignment: $0)) }
    do throws(LabFailure) {
      _ = try loader.load(path, edits: edits)
    } catch {
      return error
    }
    Issue.record("the scenario loads")
    return LabFailure(.internalError, [])
  }

  /// A scenario of one line: the keys after the format.
  static func line(_ keys: String) -> Desk {
    Desk("{\"format\":\"finops-lab/scenario/1\"" + (keys.isEmpty ? "" : ",\n" + keys) + "}")
  }
}
