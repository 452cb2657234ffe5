import LabCore
import LabFiles
import LabJSON
import LabPrices

/// Reads scenarios: follows `extends`, merges, applies edits, fills in defaults, and checks all of it at once.
public struct ScenarioLoader: Sendable {
  private let files: ScenarioFiles
  private let vocabulary: Vocabulary

  public init(files: ScenarioFiles, vocabulary: Vocabulary) {
    self.files = files
    self.vocabulary = vocabulary
  }

  /// Loads a scenario file.
  ///
  /// - Parameters:
  ///   - path: relative to the working directory, or with ``ScenarioFiles/shippedPrefix``.
  ///   - edits: one change, checked after the last of them.
  /// - Throws: ``LabFailure``: `notFound` where a file is missing, else `invalidInput` with every problem.
  public func load(_ path: String, edits: [Edit] = []) throws(LabFailure) -> LoadedScenario {
    try load(FileChain(from: path, files: files), edits: edits)
  }

  /// Loads a scenario whose text is there already, such as the one that a run has kept.
  ///
  /// - Parameter name: the path that the text stands for, which `extends` and `prices` are relative to.
  public func load(_ bytes: [UInt8], name: String, edits: [Edit] = []) throws(LabFailure) -> LoadedScenario {
    try load(FileChain(from: name, bytes: bytes, files: files), edits: edits)
  }

  private func load(_ chain: FileChain, edits: [Edit]) throws(LabFailure) -> LoadedScenario {
    var sources = chain.sources
    let firstEdit = sources.next
    for edit in edits { sources.add(edit) }
    let problems = Problems(sources: sources)
    let tree = effectiveTree(chain, edits: edits, firstEdit: firstEdit, problems: problems)
    let names = Names(tree)
    let rootParameter = ParameterDescriptor("scenario", .object(ScenarioShape.root), "A scenario")
    let checker = ShapeChecker(vocabulary: vocabulary, names: names, problems: problems)
    let root = checker.check(tree, .object(ScenarioShape.root), for: rootParameter, path: "")
    let priceSource = findPrices(tree, chain: chain, sources: sources)
    let book = priceBook(priceSource, problems: problems)
    ScenarioRules(root: root, names: names, problems: problems).check(prices: book.prices)
    if problems.hasErrors || book.failure != nil {
      throw LabFailure(book.kind(besides: problems.hasErrors), problems.diagnostics + (book.failure?.diagnostics ?? []))
    }
    guard let prices = book.prices else {
      throw LabFailure(.internalError, code: "no_price_book", "no price book was read")
    }
    var builder = ScenarioBuilder()
    let scenario = builder.scenario(root, pricesPath: book.path)
    guard builder.missing.isEmpty else {
      throw LabFailure(
        .internalError, code: "scenario_defaults", "no value for \(builder.missing.joined(separator: ", "))")
    }
    var effective = tree
    if let path = book.path, var node = tree["prices"] {
      node.value = .string(path)
      effective.replace("prices", with: node)
    }
    return LoadedScenario(
      scenario: scenario, prices: prices, tree: effective, sources: sources, files: chain.links.map(\.path),
      warnings: problems.warnings)
  }

  /// The files merged, the nearest last, then the edits, with defaults for the rest.
  private func effectiveTree(_ chain: FileChain, edits: [Edit], firstEdit: Int, problems: Problems) -> JSONNode {
    let filler = DefaultFiller(vocabulary: vocabulary)
    let name = DefaultFiller.name(ofFile: chain.links.first?.path ?? "")
    let merger = Merger(defaults: filler.fill(JSONNode(.object([])), name: name), problems: problems)
    var merged: JSONNode?
    for link in chain.links.reversed() { merged = merger.merge(link.root, over: merged.map(Self.inheritable)) }
    var tree = merged ?? JSONNode(.object([]))
    tree = tree.removing("extends").removing("$schema")
    tree = filler.fill(tree, name: name)
    if edits.isEmpty { return tree }
    let editor = Editor(vocabulary: vocabulary, firstEdit: firstEdit)
    for (index, edit) in edits.enumerated() {
      tree = editor.apply(edit, source: firstEdit + index, to: tree, problems: problems)
    }
    return filler.fill(tree, name: name)
  }

  /// What a file passes on to those that extend it: not its name and not the places that it writes to, since two
  /// scenarios would overwrite each other's results.
  private static func inheritable(_ root: JSONNode) -> JSONNode { root.removing("name").removing("output") }

  // MARK: Prices

  private struct PriceSource {
    /// The `prices` value; nil where the shipped book holds.
    var node: JSONNode?
    /// The path as written.
    var path: String?
    /// The file that named it.
    var file: String
    var location: SourceLocation?
  }

  private struct BookResult {
    var prices: PriceBook?
    /// The path that it was found under.
    var path: String?
    var failure: LabFailure?

    /// A missing or unreadable book alone is what it is; beside other problems the scenario is invalid.
    func kind(besides hasErrors: Bool) -> LabFailure.Kind { hasErrors ? .invalidInput : failure?.kind ?? .invalidInput }
  }

  private func findPrices(_ tree: JSONNode, chain: FileChain, sources: ScenarioSources) -> PriceSource {
    let first = chain.links.first?.path ?? ""
    guard let node = tree["prices"] else { return PriceSource(file: first) }
    // An edit's path is relative to the working directory, as every path of a command line.
    let isFile = sources.file(of: node.source) != nil
    return PriceSource(
      node: node, path: node.string, file: isFile ? sources.file(of: node.source) ?? first : "",
      location: sources.location(source: node.source, offset: node.offset))
  }

  private func priceBook(_ source: PriceSource, problems: Problems) -> BookResult {
    // A value that is no string has been reported.
    if source.node != nil, source.path == nil { return BookResult() }
    do throws(LabFailure) {
      guard let path = source.path else { return BookResult(prices: try files.prices(nil)) }
      let read = files.prices
      let found = try ScenarioFiles.open(path, namedBy: source.file) { (path: String) throws(LabFailure) in
        try read(path)
      }
      return BookResult(prices: found.content, path: found.path)
    } catch {
      return BookResult(failure: error.placed(at: source.location, path: "prices"))
    }
  }
}
