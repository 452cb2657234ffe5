import LabCore
import LabFiles
import LabJSON

/// Turns the field's common price map (LiteLLM's `model_prices_and_context_window.json`) into a price book.
///
/// The map is an object by model name, with USD per single token under the keys that ``PriceMapKey`` knows. Whatever the
/// lab has no use for is counted and named in the report.
public enum PriceMapImport {
  public struct Options: Sendable {
    /// New names for the map's providers; one that isn't here stays as it is.
    public var providerNames: [String: String] = [:]
    /// The date for which the prices hold.
    public var asOf: CivilDate?
    public init() {}
  }

  /// Reads a price map.
  ///
  /// - Parameter name: the file's name in errors and in the book's `source`.
  /// - Throws: ``LabFailure`` of kind `invalidInput` when the text is no JSON object or none of its models has token prices,
  ///   `usage` when the options rename a provider that the map doesn't have.
  public static func read(
    bytes: [UInt8], name: String, options: Options = Options()
  ) throws(LabFailure) -> (book: PriceBook, report: Report) {
    let document = try JSONReader.read(bytes, name: name)
    guard let entries = document.root.object else {
      throw LabFailure(
        .invalidInput,
        Diagnostic(
          PriceMapProblem.noObject(document.root.value.kind), at: document.source.location(of: document.root.offset)))
    }
    let known = Set(entries.compactMap { $0.node["litellm_provider"]?.string })
    let unknown = options.providerNames.keys.filter { !known.contains($0) }.sorted()
    guard unknown.isEmpty else {
      let problems = unknown.map { PriceMapProblem.unknownProvider($0, map: name, known: known.sorted()) }
      throw LabFailure(.usage, problems.map { Diagnostic($0) })
    }
    var reader = PriceMapReader(source: document.source, options: options)
    for entry in entries { reader.add(entry) }
    let models = reader.namedModels()
    guard !models.isEmpty else {
      throw LabFailure(
        .invalidInput, reader.problems + [Diagnostic(PriceMapProblem.noTokenPrices, at: SourceLocation(file: name))])
    }
    let book = PriceBook(
      name: name, asOf: options.asOf, description: "List prices imported from a common price map.",
      source: Path.name(of: name), models: models)
    return (book, reader.report)
  }

  /// Whether a document is a price map: an object without a `format` whose members state prices as the map does.
  static func isPriceMap(_ root: JSONNode) -> Bool {
    guard let entries = root.object, root["format"] == nil else { return false }
    return entries.contains { $0.node["input_cost_per_token"] != nil || $0.node["litellm_provider"] != nil }
  }
}
