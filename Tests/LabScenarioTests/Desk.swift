import LabCore
import LabJSON
import LabPrices
import LabTestSupport
import Testing

@testable import LabScenario

/// A loader over files that exist in memory only, with a small vocabulary and the shipped price books.
struct Desk {
  var files: [String: String]

  static let vocabulary = ScenarioCheck.vocabulary

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
