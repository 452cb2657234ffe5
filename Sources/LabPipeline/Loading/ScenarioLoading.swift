import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabScenario
import LabSimulation
import LabTable

/// The names that scenarios may use, from the registries above them.
public enum LabVocabulary {
  public static let current = Vocabulary(
    patterns: PatternRegistry.descriptors, incidents: IncidentRegistry.descriptors,
    metrics: AnalyzerRegistry.metricNames.map { MetricName($0) }, columns: UsageColumn.allCases.map(\.name))
}

extension LabEnvironment {
  /// Loads the scenario that a person names, with its price book, and reports its warnings.
  ///
  /// - Parameter name: a path, or the name of a scenario of the project or of the lab.
  /// - Throws: ``LabFailure`` of kind `notFound`, or `invalidInput` with every problem of its files.
  public func loadScenario(_ name: String, edits: [Edit] = []) throws(LabFailure) -> LoadedScenario {
    let path = try project.scenarioPath(name)
    let loaded = try scenarioLoader.load(path, edits: edits)
    for warning in loaded.warnings { note(warning) }
    return loaded
  }

  /// A loader that knows the disk and the shipped files.
  public var scenarioLoader: ScenarioLoader {
    ScenarioLoader(
      files: ScenarioFiles(
        read: { path throws(LabFailure) in try Project.read(path) },
        prices: { path throws(LabFailure) in try Self.readPriceBook(path ?? Self.shippedPriceBook) }),
      vocabulary: LabVocabulary.current)
  }

  /// Reads a price book, nil being the shipped one, and reports its warnings.
  public func loadPriceBook(_ path: String?) throws(LabFailure) -> PriceBook {
    try Self.readPriceBook(path ?? Self.shippedPriceBook)
  }

  static let shippedPriceBook = ScenarioFiles.shippedPrefix + ShippedFiles.defaultPriceBook

  /// The bytes of a price book and the name that they are found under; a book that is not on the disk may be named by its
  /// place among the shipped ones.
  public func priceBookBytes(_ path: String) throws(LabFailure) -> (bytes: [UInt8], name: String) {
    try Self.bytesOfPriceBook(path)
  }

  private static func bytesOfPriceBook(_ path: String) throws(LabFailure) -> (bytes: [UInt8], name: String) {
    // A bare name is one of the project's or the lab's books: `classic` is `prices/classic.json`.
    if !path.contains("/"), !path.contains("."), !FileSystem.exists(path) {
      let name = "prices/\(path).json"
      if let root = Project().root {
        let file = Path.joined(Path.joined(root, "scenarios"), name)
        if FileSystem.exists(file) { return (try Project.read(file), file) }
      }
      if let bytes = ShippedFiles.bytes(of: name) { return (bytes, ScenarioFiles.shippedPrefix + name) }
      throw LabFailure(
        .notFound, code: "no_price_book", "no price book '\(path)'",
        help: Suggestion.help(for: path, among: ShippedFiles.priceBookNames)
          ?? "shipped books: \(ShippedFiles.priceBookNames.joined(separator: ", "))")
    }
    if !path.hasPrefix(ScenarioFiles.shippedPrefix), !FileSystem.exists(path) {
      let trimmed = path.hasPrefix("scenarios/") ? String(path.dropFirst("scenarios/".count)) : path
      if trimmed.hasPrefix("prices/"), let bytes = ShippedFiles.bytes(of: trimmed) {
        return (bytes, ScenarioFiles.shippedPrefix + trimmed)
      }
    }
    return (try Project.read(path), path)
  }

  static func readPriceBook(_ path: String) throws(LabFailure) -> PriceBook {
    let (bytes, name) = try bytesOfPriceBook(path)
    return try PriceBook.read(bytes: bytes, name: name)
  }
}
