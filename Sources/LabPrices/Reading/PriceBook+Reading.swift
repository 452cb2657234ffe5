import LabCore
import LabJSON

extension PriceBook {
  /// The format's name, the value of the key `format`.
  public static let format = "finops-lab/prices/1"

  /// Reads a price book of format `finops-lab/prices/1`.
  ///
  /// Prices are read exactly, to the femtodollar per token; what is finer is rounded half to even, which `lint` points at.
  ///
  /// - Parameter name: the file's name in errors.
  /// - Throws: ``LabFailure`` of kind `invalidInput` with every problem of the file.
  public static func read(bytes: [UInt8], name: String) throws(LabFailure) -> PriceBook {
    try read(JSONReader.read(bytes, name: name))
  }

  static func read(_ document: JSONDocument) throws(LabFailure) -> PriceBook {
    guard !PriceMapImport.isPriceMap(document.root) else {
      throw LabFailure(
        .invalidInput, Diagnostic(PriceBookProblem.priceMap, at: SourceLocation(file: document.source.name)))
    }
    let problems = ProblemList(sources: [document.source])
    var reader = PriceBookReader(problems: problems)
    let book = reader.book(document.root, name: document.source.name)
    guard !problems.hasErrors else { throw LabFailure(.invalidInput, inFileOrder(problems.diagnostics)) }
    return book
  }

  private static func inFileOrder(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
    func place(_ index: Int) -> (Int, Int, Int) {
      let location = diagnostics[index].location
      return (location?.line ?? 0, location?.column ?? 0, index)
    }
    return diagnostics.indices.sorted { place($0) < place($1) }.map { diagnostics[$0] }
  }
}

/// Reads the root of a price book; models and rows are read by the extensions beside it.
struct PriceBookReader {
  let problems: ProblemList

  mutating func book(_ node: JSONNode, name: String) -> PriceBook {
    var root = ObjectReader(node, path: "", problems: problems)
    if let format = root.required("format"), format.string != PriceBook.format {
      report(.unknownFormat(format.description), at: format, path: "format")
    }
    if let currency = root.value("currency"), currency.string != "USD" {
      report(.unknownCurrency(currency.description), at: currency, path: "currency")
    }
    _ = root.value("$schema")
    let asOf = date(&root, "as_of")
    let description = root.string("description")
    let source = root.string("source")

    var models: [PricedModel] = []
    if root.required("models") != nil, let items = root.array("models") {
      if items.isEmpty, let list = node["models"] { report(.noModels, at: list, path: "models") }
      var names = NameRegister()
      for (index, item) in items.enumerated() {
        models.append(model(item, path: "models[\(index)]", names: &names))
      }
    }
    // Names are looked up in a book of what was read, whatever its faults.
    let draft = PriceBook(name: name, models: models)
    let providers = self.providers(&root, in: draft)
    let commitments = self.commitments(&root, in: draft)
    let volumeTiers = self.volumeTiers(&root, in: draft)
    root.finish()
    return PriceBook(
      name: name, asOf: asOf, description: description, source: source, models: models, providers: providers,
      commitments: commitments, volumeTiers: volumeTiers)
  }

  func report(_ problem: PriceBookProblem, at node: JSONNode, path: String) {
    problems.report(problem, source: node.source, offset: node.offset, path: path)
  }

  // MARK: Kinds of values

  func date(_ object: inout ObjectReader, _ key: String) -> CivilDate? {
    guard let node = object.value(key), let text = object.string(key) else { return nil }
    if text.utf8.count == 10, let instant = Instant(text) { return instant.date }
    report(.badDate(text), at: node, path: object.path(of: key))
    return nil
  }

  func instant(_ object: inout ObjectReader, _ key: String) -> Instant? {
    guard let node = object.value(key), let text = object.string(key) else { return nil }
    if let instant = Instant(text) { return instant }
    report(.badInstant(text), at: node, path: object.path(of: key))
    return nil
  }

  /// A required text that isn't empty; the empty text when it is missing, which is reported.
  func name(_ object: inout ObjectReader, _ key: String) -> String {
    guard let node = object.required(key), let text = object.string(key) else { return "" }
    if text.isEmpty { report(.emptyName(key), at: node, path: object.path(of: key)) }
    return text
  }

  /// A count of tokens of at least `least`; a trillion is far above any real one and far below overflow.
  func tokenCount(_ object: inout ObjectReader, _ key: String) -> Int64? {
    guard let node = object.value(key) else { return nil }
    if let count = node.number?.integer, (1...Self.mostTokens).contains(count) { return count }
    report(.badTokenCount(node.description), at: node, path: object.path(of: key))
    return nil
  }

  static let mostTokens: Int64 = 1_000_000_000_000

  func amount(_ object: inout ObjectReader, _ key: String) -> Money? {
    guard let node = object.required(key), let decimal = object.decimal(key) else { return nil }
    if let money = Money(dollars: decimal), money >= .zero { return money }
    report(.badAmount(node.description), at: node, path: object.path(of: key))
    return nil
  }

  /// A percentage in 10⁻⁴ percent.
  func percent(_ object: inout ObjectReader, _ key: String) -> Int64? {
    guard let node = object.value(key), let decimal = object.decimal(key) else { return nil }
    guard let rounded = decimal.scaled(byPowerOfTen: 4), (0...1_000_000).contains(rounded) else {
      report(.percentOutOfRange(node.description), at: node, path: object.path(of: key))
      return nil
    }
    guard decimal.scaledExactly(byPowerOfTen: 4) != nil else {
      report(.percentTooFine(node.description), at: node, path: object.path(of: key))
      return nil
    }
    return Int64(rounded)
  }
}

/// Which names each provider has given away, and to which model.
struct NameRegister {
  private struct Key: Hashable {
    var provider: String
    var name: String
  }
  private var owners: [Key: String] = [:]

  /// Takes a name for a model; returns the model that has it already, or nil.
  mutating func take(_ name: String, provider: String, for model: String) -> String? {
    let key = Key(provider: provider, name: name)
    if let owner = owners[key] { return owner }
    owners[key] = model
    return nil
  }
}
