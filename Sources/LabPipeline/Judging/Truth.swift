import LabAnalysis
import LabCore
import LabJSON

/// What was put into a simulated file on purpose: its `X.truth.json`, read back to score detectors against it.
public struct Truth: Sendable {
  public static let format = "finops-lab/truth/1"

  public struct Item: Hashable, Sendable {
    public var id: String
    public var kind: String
    /// What it is about; empty for all calls.
    public var keys: [Detection.Key]
    public var start: Instant
    public var end: Instant
    /// Whether a detector that reports it is neither right nor wrong.
    public var isNeutral: Bool
    /// The detectors that ought to see it.
    public var scoredBy: [Detection.Detector]
    /// Those of them for which it is too small to count when it is missed.
    public var belowFloor: [Detection.Detector]
    /// Expected cost beyond the usual; nil for what is neutral.
    public var excess: Money?

    public init(
      id: String, kind: String, keys: [Detection.Key] = [], start: Instant, end: Instant, isNeutral: Bool = false,
      scoredBy: [Detection.Detector] = [], belowFloor: [Detection.Detector] = [], excess: Money? = nil
    ) {
      self.id = id
      self.kind = kind
      self.keys = keys
      self.start = start
      self.end = end
      self.isNeutral = isNeutral
      self.scoredBy = scoredBy
      self.belowFloor = belowFloor
      self.excess = excess
    }

    /// Whether a detector that misses it has missed something.
    public func isEligible(for detector: Detection.Detector) -> Bool {
      scoredBy.contains(detector) && !belowFloor.contains(detector)
    }
  }

  public var items: [Item]

  public init(items: [Item]) { self.items = items }

  /// Reads a truth file. Keys and detectors that this version doesn't know are left alone.
  ///
  /// - Throws: ``LabFailure`` of kind `invalidInput` with every problem, each with its place.
  public static func read(_ bytes: [UInt8], name: String) throws(LabFailure) -> Truth {
    let document = try JSONReader.read(bytes, name: name)
    let problems = ProblemList(sources: [document.source])
    var root = ObjectReader(document.root, path: "", problems: problems)
    let format = root.string("format")
    if !problems.hasErrors, format != Self.format {
      throw LabFailure(
        .invalidInput, code: "truth_format", "'\(name)' is no truth file of the format '\(Self.format)'")
    }
    if root.required("items") != nil {
      let items = (root.array("items") ?? []).enumerated().map { index, node in
        item(ObjectReader(node, path: "items[\(index)]", problems: problems), problems: problems)
      }
      if !problems.hasErrors { return Truth(items: items.compactMap { $0 }) }
    }
    throw LabFailure(.invalidInput, problems.diagnostics)
  }

  private static func item(_ reader: ObjectReader, problems: ProblemList) -> Item? {
    var reader = reader
    for key in ["id", "kind", "start", "end"] { _ = reader.required(key) }
    let id = reader.string("id")
    let kind = reader.string("kind")
    let start = instant("start", &reader, problems)
    let end = instant("end", &reader, problems)
    var keys: [Detection.Key] = []
    if let entity = reader.value("entity") {
      let path = reader.path(of: "entity")
      var fields = ObjectReader(entity, path: path, problems: problems)
      for member in entity.object ?? [] {
        if let value = fields.string(member.key) { keys.append(Detection.Key(column: member.key, value: value)) }
      }
    }
    let isNeutral = reader.boolean("neutral") ?? false
    let scoredBy = detectors("scored_by", &reader, problems)
    let belowFloor = detectors("below_floor", &reader, problems)
    var excess: Money?
    if let node = reader.value("expected_excess_usd"), !node.isNull {
      excess = reader.decimal("expected_excess_usd").flatMap { Money(dollars: $0) }
    }
    guard let id, let kind, let start, let end else { return nil }
    if end < start {
      problems.report(
        .wrongType(expected: "an end that is not before the start", found: end.description),
        at: reader.node["end"] ?? reader.node, path: reader.path(of: "end"))
    }
    return Item(
      id: id, kind: kind, keys: keys, start: start, end: end, isNeutral: isNeutral, scoredBy: scoredBy,
      belowFloor: belowFloor, excess: excess)
  }

  private static func instant(_ key: String, _ reader: inout ObjectReader, _ problems: ProblemList) -> Instant? {
    guard let text = reader.string(key) else { return nil }
    if let instant = Instant(text) { return instant }
    problems.report(
      .wrongType(expected: "a time such as '2026-01-05T00:00:00Z'", found: "'\(text)'"),
      at: reader.node[key] ?? reader.node, path: reader.path(of: key))
    return nil
  }

  private static func detectors(
    _ key: String, _ reader: inout ObjectReader, _ problems: ProblemList
  ) -> [Detection.Detector] {
    guard reader.value(key) != nil else { return [] }
    return (reader.array(key) ?? []).compactMap { node in
      guard let name = node.string else {
        problems.report(
          .wrongType(expected: "the name of a detector", found: node.description), at: node,
          path: reader.path(of: key))
        return nil
      }
      return Detection.Detector(rawValue: name)
    }
  }
}
