import LabCore
import LabScenario

/// The reference of the patterns, `docs/patterns.md`, made from their descriptors and their own formulas.
public enum PatternReference {
  private static let width = 70
  private static let height = 8
  /// A sample phase that begins on a Monday.
  private static let sampleStart = Instant(date: CivilDate(year: 2026, month: 1, day: 5))
  private static let sampleLength = TimeSpan.days(14)
  /// Patterns of the clock are shown over a shorter phase, so that single days can be seen.
  private static let dayLength = TimeSpan.days(3)

  public static func markdown() -> String {
    var text = """
      # Traffic patterns

      Made from the patterns' descriptors; a test holds this page and the program together.

      A pattern gives a factor on the expected calls of a part of the traffic, or shifts its models, or changes who the
      customers are. The patterns of a phase multiply. `t` is time since the phase began, `T` its length, `p = t/T`.
      The plots show the factor with default parameters over a sample phase that begins on a Monday at 00:00 UTC.

      """
    for pattern in PatternRegistry.all { text += "\n" + section(pattern) }
    return text
  }

  private static func section(_ pattern: any TrafficPattern.Type) -> String {
    let descriptor = pattern.descriptor
    var text = "## `\(descriptor.id)`\n\n\(descriptor.summary).\n\n"
    if !descriptor.parameters.isEmpty {
      text += "| Parameter | Meaning | Default |\n|---|---|---|\n"
      for parameter in descriptor.parameters { text += row(parameter) }
      text += "\n"
    }
    let plot = sample(pattern)
    return text + plot.caption + ":\n\n" + draw(plot.values).map { "    \($0)\n" }.joined() + "\n"
  }

  /// A parameter as a row of a table.
  static func row(_ parameter: ParameterDescriptor) -> String {
    let unit = parameter.unit.map { " (\($0))" } ?? ""
    return "| `\(parameter.key)` | \(parameter.summary)\(unit) | \(defaultText(parameter)) |\n"
  }

  private static func defaultText(_ parameter: ParameterDescriptor) -> String {
    if parameter.isRequired { return "required" }
    if let fallback = parameter.fallback { return "`\(literal(fallback))`" }
    return parameter.fallbackNote ?? "none"
  }

  private static func literal(_ value: Literal) -> String {
    switch value {
    case .null: "null"
    case .boolean(let flag): flag ? "true" : "false"
    case .number(let text): text
    case .text(let text): "\"\(text)\""
    case .list(let items): "[" + items.map(literal).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\"\($0.key)\": \(literal($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  /// What a plot of a pattern with default parameters shows, over the columns of the plot.
  private static func sample(_ type: any TrafficPattern.Type) -> (caption: String, values: [Double]) {
    let id = type.descriptor.id
    let length = id == "timezone" ? dayLength : sampleLength
    let models = ["old-model", "new-model"].enumerated().map { place, name in
      ModelCatalog.Entry(
        provider: "provider", model: name, providerIndex: 0, weight: place == 0 ? 0.6 : 0.4, priceClass: nil,
        blendedPrice: place == 0 ? 10 : 1, timeToFirstTokenMilliseconds: 1, tokensPerSecond: 1)
    }
    let phase = PhaseContext(
      seed: 1, start: sampleStart, length: length, featureIDs: ["chat"], organizationCount: width,
      catalog: ModelCatalog(models: models))
    let pattern = type.init(Setting(id: id, parameters: ["feature": .text("chat")]), in: phase)
    func values(_ value: (SimulatedInstant) -> Double) -> [Double] {
      (0..<width).map { column in
        let elapsed = length.scaled(by: (Double(column) + 0.5) / Double(width))
        return value(SimulatedInstant(instant: sampleStart + elapsed, elapsed: elapsed, length: length))
      }
    }
    let days = Int(length.days)
    switch pattern.populationChange {
    case .departures(let share):
      return ("Volume over \(days) days, by the customers that remain", values { 1 - share * $0.progress })
    case .newcomers(_, let growth, let part):
      return (
        "Volume over \(days) days, newcomers included",
        values { moment in
          pattern.intensity(at: moment, for: .everyone)
            * (1 + SteadyGrowth.newcomerRate(at: moment.progress, growth: growth, newCustomerShare: part))
        }
      )
    case nil: break
    }
    switch pattern.dimension {
    case .everyone: return ("Factor over \(days) days", values { pattern.intensity(at: $0, for: .everyone) })
    case .feature:
      return ("Factor on the feature over \(days) days", values { pattern.intensity(at: $0, for: .feature(index: 0)) })
    case .region:
      return (
        "Factor over \(days) days for customers at UTC-05:00",
        values { pattern.intensity(at: $0, for: .region(index: 0, utcOffset: .hours(-5))) }
      )
    case .organization:
      let moment = SimulatedInstant(instant: sampleStart, elapsed: .zero, length: length)
      return (
        "Factors of \(width) organizations, the same at any time",
        (0..<width).map { pattern.intensity(at: moment, for: .organization(index: $0)) }
      )
    case nil:
      guard pattern.shiftsModels else { return ("Factor over \(days) days", values { _ in 1 }) }
      return (
        "Share of the old model's calls that has moved, over \(days) days",
        values { moment in
          var weights = [1.0, 0.0]
          pattern.shift(&weights, of: 0, at: moment)
          return weights[1]
        }
      )
    }
  }

  /// Columns of `#` from 0 up to the value, with the scale's ends at the left.
  private static func draw(_ values: [Double]) -> [String] {
    let top = values.max() ?? 1
    let scale = top > 0 ? top : 1
    let label = decimal(scale)
    var lines: [String] = []
    for row in 0..<height {
      let level = scale * (Double(height - row) - 0.5) / Double(height)
      let margin = row == 0 ? label : row == height - 1 ? "0" : ""
      let bars = values.map { $0 >= level ? "#" : " " }.joined()
      var line = String(repeating: " ", count: max(0, label.count - margin.count)) + margin + " |" + bars
      while line.last == " " { line.removeLast() }
      lines.append(line)
    }
    return lines
  }

  /// With one decimal.
  private static func decimal(_ value: Double) -> String {
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
