import LabCore

/// The scenarios and price books that the binary carries, by their path below `scenarios/`.
public enum ShippedFiles {
  /// The paths, sorted: `base.json`, `peak.json`, `prices/classic.json`, …
  public static var names: [String] { contents.map(\.name) }

  /// The scenarios among them.
  public static var scenarioNames: [String] {
    names.filter { !$0.contains("/") && $0 != "scenario.schema.json" }
  }

  /// The names of the price books among them: `2026-11`, `classic`.
  public static var priceBookNames: [String] {
    names.filter { $0.hasPrefix("prices/") }.map { String($0.dropFirst("prices/".count).dropLast(".json".count)) }
  }

  /// The bytes of a shipped file, or nil.
  public static func bytes(of name: String) -> [UInt8]? {
    guard let entry = contents.first(where: { $0.name == name }) else { return nil }
    return Array(entry.text.description.utf8)
  }

  /// The price book that is used where none is named.
  public static let defaultPriceBook = "prices/2026-11.json"
}
