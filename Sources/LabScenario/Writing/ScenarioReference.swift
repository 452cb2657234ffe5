/// The reference of scenario files in Markdown, made from the same shapes that check them.
public enum ScenarioReference {
  /// The page as text, with a line feed at its end.
  public static func markdown(_ vocabulary: Vocabulary) -> String {
    var page = ReferencePage()
    page.line("# Scenario reference")
    page.line("")
    page.line("<!-- Made from the descriptors by `finops-lab generate-docs`; a test holds it to them. -->")
    page.line("")
    page.line(
      "Every key of a scenario file. Keys may be left out unless the default says *required*; how files merge stands in"
    )
    page.line("[formats.md](formats.md). Durations are written as `14d` or `12d3h` (units w, d, h, m, s, ms, us).")
    page.object("A scenario", ScenarioShape.root, path: "")
    page.family("Distributions of tokens", DistributionUse.tokens.family)
    page.family("Distributions of activity", DistributionUse.activity.family)
    page.family("Traffic patterns", vocabulary.family(.pattern))
    if !vocabulary.incidents.isEmpty { page.family("Incidents", vocabulary.family(.incident)) }
    return page.text
  }
}

/// A page that grows line by line.
private struct ReferencePage {
  private(set) var text = ""

  mutating func line(_ line: String) { text += line + "\n" }

  /// An object's keys as a table, then the objects inside it.
  mutating func object(_ title: String, _ shape: ObjectShape, path: String) {
    line("")
    line("## \(title)")
    line("")
    table(shape.parameters)
    for parameter in shape.parameters {
      let inner = ValuePath.adding(key: parameter.key, to: path)
      switch parameter.shape {
      case .object(let object): self.object("`\(inner)`", object, path: inner)
      case .table(let object, _), .list(.object(let object), _): self.object("`\(inner)[]`", object, path: inner + "[]")
      default: break
      }
    }
  }

  mutating func family(_ title: String, _ family: VariantFamily) {
    line("")
    line("## \(title)")
    for variant in family.variants {
      line("")
      line("### `\(variant.id)`")
      line("")
      line(variant.summary + ".")
      if variant.parameters.isEmpty { continue }
      line("")
      table(variant.parameters)
    }
  }

  private mutating func table(_ parameters: [ParameterDescriptor]) {
    line("| Key | Value | Default | Meaning |")
    line("|---|---|---|---|")
    for parameter in parameters {
      let unit = parameter.unit.map { " (\($0))" } ?? ""
      line(
        "| `\(parameter.key)` | \(parameter.shape.words)\(unit) | \(fallback(of: parameter)) | \(Self.cell(parameter.summary)) |"
      )
    }
  }

  private func fallback(of parameter: ParameterDescriptor) -> String {
    if parameter.isRequired { return "*required*" }
    if let note = parameter.fallbackNote { return Self.cell(note) }
    switch parameter.fallback {
    case nil: return "none"
    case .object([]): return "its keys' own"
    case .list([]): return "empty"
    case .text(""): return "empty"
    // A list of things is told by their names; each is shown in full by `finops-lab validate --print`.
    case .list(let items)?:
      let ids = items.compactMap { $0.id }
      return ids.isEmpty ? "`\(parameter.fallbackText ?? "")`" : ids.map { "`\($0)`" }.joined(separator: ", ")
    case .some(let value): return "`\(value.shortText)`"
    }
  }

  private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }
}

extension Literal {
  /// The value of the key `id`.
  fileprivate var id: String? {
    guard case .object(let members) = self, case .text(let id)? = members.first(where: { $0.key == "id" })?.value else {
      return nil
    }
    return id
  }
}

extension Shape {
  /// What a value of the shape is, in a few words.
  var words: String {
    switch self {
    case .number(let range): "number, \(range.words)"
    case .integer(let range): "whole number, \(range.words)"
    case .boolean: "true or false"
    case .text: "text"
    case .identifier: "name"
    case .choice(let words): words.map { "`\($0)`" }.joined(separator: " or ")
    case .span(let range): range == .positive ? "duration, longer than 0" : "duration"
    case .instant: "time, ISO 8601"
    case .offset: "offset from UTC, `-05:00`"
    case .money: "amount"
    case .interval(let range): "number or `[low, high]`, \(range.words)"
    case .distribution(.tokens): "[distribution](#distributions-of-tokens)"
    case .distribution(.activity): "[distribution](#distributions-of-activity)"
    case .reference(.model): "model, `provider/model`"
    case .reference(let reference): "name of a \(reference.noun)"
    case .metric: "metric"
    case .requirement: "requirement"
    case .filter: "columns or `metadata.TAG` with values"
    case .list(let item, let count): "list of \(Self.words(of: count))\(item.words)"
    case .table: "list by id"
    case .object: "object"
    case .dictionary(let item, _): "object of names, each with \(item.words)"
    case .mix(let keys): "object of shares: " + keys.map { "`\($0)`" }.joined(separator: ", ")
    case .setting(.pattern): "[pattern](#traffic-patterns)"
    case .setting(.incident): "incident"
    }
  }

  private static func words(of count: ClosedRange<Int>) -> String {
    count.lowerBound == count.upperBound ? "\(count.lowerBound) × " : ""
  }
}

extension NumberRange {
  /// The range in words.
  fileprivate var words: String {
    let low = ScenarioProblem.number(minimum)
    if maximum >= ScenarioLimits.magnitude { return isMinimumExcluded ? "greater than \(low)" : "at least \(low)" }
    let high = ScenarioProblem.number(maximum)
    return isMinimumExcluded ? "greater than \(low), at most \(high)" : "\(low) to \(high)"
  }
}
