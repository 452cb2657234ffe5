import LabCore
import LabJSON
import LabPrices
import LabScenario

extension LoadedScenario {
  /// A hash of everything in the scenario that decides on the data: all but where output goes and how it is judged.
  ///
  /// The price book is hashed by content, so its path doesn't count either.
  var dataHash: Fingerprint {
    var writer = JSONWriter(compact: true)
    var node = tree
    if case .object(let members) = node.value {
      node.value = .object(members.filter { !Self.keysWithoutEffectOnData.contains($0.key) })
    }
    writer.value(node)
    return Fingerprint.of(writer.bytes)
  }

  private static let keysWithoutEffectOnData: Set<String> = [
    "analysis", "budgets", "description", "format", "output", "prices", "thresholds",
  ]

  /// The effective price book as a JSON tree, and a hash of its text.
  func effectivePrices() throws(LabFailure) -> (tree: JSONNode, hash: Fingerprint) {
    let bytes = prices.written()
    return (try JSONReader.read(bytes, name: prices.name).root, Fingerprint.of(bytes))
  }

  /// The CSV that the scenario asks for.
  public var outputPath: String { scenario.output.data ?? "data/\(scenario.name).csv" }
}
