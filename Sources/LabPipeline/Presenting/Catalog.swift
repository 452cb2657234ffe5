import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabReport
import LabScenario
import LabSimulation
import LabTable

/// Lists and describes what the lab knows by name, as blocks for the command line and the session.
package struct Catalog {
  private let environment: LabEnvironment

  package init(_ environment: LabEnvironment) { self.environment = environment }

  /// What can be listed.
  package enum Kind: String, CaseIterable, Sendable { case scenarios, patterns, analyzers, metrics, models, runs }

  // MARK: Lists

  package func list(_ kind: Kind) throws(LabFailure) -> [ReportBlock] {
    switch kind {
    case .scenarios: return [.table(scenarios())]
    case .patterns:
      return [.table(names("patterns", "Traffic patterns", PatternRegistry.descriptors.map { ($0.id, $0.summary) }))]
    case .analyzers:
      return [.table(names("analyzers", "Analyzers", AnalyzerRegistry.descriptors.map { ($0.id, $0.question) }))]
    case .metrics:
      return [
        .table(
          ReportTable(
            id: "metrics", title: "Metrics",
            columns: [.key("metric", "Metric"), .note("meaning", "Meaning", priority: 0)],
            rows: AnalyzerRegistry.descriptors.flatMap { analyzer in
              analyzer.metrics.map { [Cell.text("\(analyzer.id).\($0.id)"), .text($0.meaning)] }
            }))
      ]
    case .runs:
      return [.table(RunListReport.table(environment.runs?.list() ?? [], baseline: environment.runs?.baseline))]
    case .models: return [.table(try PriceTable.table(try environment.loadPriceBook(nil)))]
    }
  }

  private func names(_ id: String, _ title: String, _ entries: [(String, String)]) -> ReportTable {
    ReportTable(
      id: id, title: title, columns: [.key("id", "Name"), .note("summary", "Summary", priority: 0)],
      rows: entries.map { [.text($0.0), .text($0.1)] })
  }

  private func scenarios() -> ReportTable {
    let own = environment.project.projectScenarios()
    var rows: [[Cell]] = []
    for name in Set(own + ShippedFiles.scenarioNames).sorted() {
      let isOwn = own.contains(name)
      let origin = isOwn ? (ShippedFiles.scenarioNames.contains(name) ? "project" : "project, own") : "shipped"
      let summary: String
      if let loaded = try? environment.scenarioLoader.load(
        (try? environment.project.scenarioPath(name)) ?? name)
      {
        summary = loaded.scenario.description
      } else {
        summary = "(has problems; 'finops-lab validate \(Path.stem(of: name))' names them)"
      }
      rows.append([.text(Path.stem(of: name)), .text(summary), .text(origin)])
    }
    return ReportTable(
      id: "scenarios", title: "Scenarios",
      columns: [
        .key("name", "Name"), .note("description", "Description", priority: 0), .note("origin", "From", priority: 3),
      ],
      rows: rows)
  }

  // MARK: Descriptions

  package func describe(_ id: String) throws(LabFailure) -> [ReportBlock] {
    if let pattern = PatternRegistry.descriptors.first(where: { $0.id == id }) { return show(pattern) }
    if let analyzer = AnalyzerRegistry.descriptor(id) { return show(analyzer) }
    if let found = metric(id) { return show(found.metric, of: found.analyzer) }
    if let column = UsageColumn(name: id) { return show(column) }
    if let model = try models(id) { return model }
    if let path = try? environment.project.scenarioPath(id) {
      return show(try environment.scenarioLoader.load(path))
    }
    let book = try environment.loadPriceBook(nil)
    let known =
      PatternRegistry.descriptors.map(\.id) + AnalyzerRegistry.ids + AnalyzerRegistry.metricNames
      + UsageColumn.allCases.map(\.name) + book.models.map(\.model)
      + ShippedFiles.scenarioNames.map { Path.stem(of: $0) }
    throw LabFailure(
      .notFound, code: "unknown_id", "nothing is called '\(id)'",
      help: Suggestion.help(for: id, among: known)
        ?? "'finops-lab list' shows scenarios, patterns, analyzers and models")
  }

  private func show(_ pattern: PatternDescriptor) -> [ReportBlock] {
    return [
      .section(
        ReportBlock.Section("Traffic pattern \(pattern.id)", text: pattern.summary) {
          ReportTable(
            id: "parameters", title: "Parameters",
            columns: [
              .key("key", "Key"), .note("summary", "Meaning", priority: 0), .note("unit", "Unit", priority: 1),
              .note("default", "Default", priority: 0),
            ],
            rows: pattern.parameters.map { parameter in
              [
                .text(parameter.key), .text(parameter.summary), .text(parameter.unit ?? ""),
                .text(Self.defaultText(parameter)),
              ]
            })
        })
    ]
  }

  /// The default as a scenario file writes it, or in words.
  private static func defaultText(_ parameter: ParameterDescriptor) -> String {
    guard let fallback = parameter.fallback else {
      return parameter.fallbackNote ?? (parameter.isRequired ? "required" : "")
    }
    var writer = JSONWriter(compact: true)
    writer.value(fallback.node(source: 0))
    return writer.text
  }

  private func show(_ analyzer: AnalyzerDescriptor) -> [ReportBlock] {
    return [
      .section(
        ReportBlock.Section("\(analyzer.title) (\(analyzer.id), \(analyzer.domain.title))", text: analyzer.question) {
          ReportTable(
            id: "metrics", title: "Metrics",
            columns: [.key("metric", "Metric"), .note("meaning", "Meaning", priority: 0)],
            rows: analyzer.metrics.map { [.text("\(analyzer.id).\($0.id)"), .text($0.meaning)] })
          ReportTable(
            id: "columns", title: "Columns that it reads",
            columns: [
              .key("column", "Column"), .note("for", "For", priority: 0), .note("needed", "Needed", priority: 1),
            ],
            rows: analyzer.needs.map { [.text($0.column.name), .text($0.purpose), .text("yes")] }
              + analyzer.uses.map { [.text($0.column.name), .text($0.purpose), .text("if there")] })
          ReportTable(
            id: "method", title: "Method", columns: [.note("method", "How the figures come about", priority: 0)],
            rows: analyzer.method.map { [.text($0)] })
        })
    ]
  }

  private func metric(_ id: String) -> (analyzer: AnalyzerDescriptor, metric: AnalyzerDescriptor.MetricMeaning)? {
    for analyzer in AnalyzerRegistry.descriptors {
      if let metric = analyzer.metrics.first(where: { "\(analyzer.id).\($0.id)" == id }) { return (analyzer, metric) }
    }
    return nil
  }

  private func show(_ metric: AnalyzerDescriptor.MetricMeaning, of analyzer: AnalyzerDescriptor) -> [ReportBlock] {
    let unit = metric.unit.symbol.isEmpty ? metric.unit.rawValue : metric.unit.symbol
    return [
      .section(
        ReportBlock.Section("Metric \(analyzer.id).\(metric.id)", text: "\(metric.label): \(metric.meaning)") {
          Callout(.info, "unit: \(unit)")
        })
    ]
  }

  private func show(_ column: UsageColumn) -> [ReportBlock] {
    let kind =
      switch column.kind {
      case .time: "an instant, ISO 8601, UTC unless it has an offset"
      case .text: "text"
      case .tokens: "a whole number of tokens"
      case .duration: "milliseconds, with fractions"
      case .money: "USD, exact to nine decimals"
      case .identifier: "an id; empty for none"
      case .metadata: "a JSON object of tags, or empty"
      }
    let readers = AnalyzerRegistry.descriptors.filter { analyzer in
      (analyzer.needs + analyzer.uses).contains { $0.column == column }
    }.map(\.id)
    return [
      .section(
        ReportBlock.Section("Column \(column.name)", text: kind) {
          Callout(
            .info,
            UsageColumn.contract.contains(column) ? "one of the 19 columns of the contract" : "an optional column")
          Callout(.info, readers.isEmpty ? "no analyzer reads it" : "read by \(readers.joined(separator: ", "))")
        })
    ]
  }

  private func models(_ id: String) throws(LabFailure) -> [ReportBlock]? {
    let book = try environment.loadPriceBook(nil)
    let found = book.models.indices.filter { book.models[$0].model == id || book.models[$0].aliases.contains(id) }
    if found.isEmpty { return nil }
    return found.map { .section(PriceDescription.section(of: $0, in: book)) }
  }

  private func show(_ loaded: LoadedScenario) -> [ReportBlock] {
    let scenario = loaded.scenario
    let patterns = scenario.phases.map { phase in
      "\(phase.name) (\(phase.duration)): \(phase.patterns.map(\.id).joined(separator: ", "))"
    }
    return [
      .section(
        ReportBlock.Section("Scenario \(scenario.name)", text: scenario.description) {
          ReportTable(
            id: "scenario", title: "What it says",
            columns: [.key("what", "What"), .note("value", "Value", priority: 0)],
            rows: [
              [.text("start"), .text(scenario.start.shortDescription)],
              [.text("duration"), .text(scenario.duration.description)],
              [.text("seed"), .text(String(scenario.seed))],
              [.text("calls per hour"), .number(scenario.traffic.callsPerHour, .count)],
              [.text("customers"), .count(scenario.population.customers)],
              [.text("organizations"), .count(scenario.population.organizations)],
              [.text("features"), .text(scenario.features.map(\.id).joined(separator: ", "))],
              [.text("providers"), .text(scenario.providers.map(\.id).joined(separator: ", "))],
              [.text("phases"), .text(patterns.joined(separator: "; "))],
              [.text("prices"), .text(loaded.prices.name)],
            ])
          scenario.thresholds.isEmpty
            ? nil
            : ReportTable(
              id: "thresholds", title: "Thresholds",
              columns: [
                .key("id", "Threshold"), .note("metric", "Metric", priority: 0), .note("must", "Must be", priority: 0),
                .note("severity", "Severity", priority: 1),
              ],
              rows: scenario.thresholds.map { threshold in
                let scope = threshold.filter.isEmpty ? "" : " where \(threshold.filter.text)"
                return [
                  .text(threshold.id), .text(threshold.metric + scope), .text(threshold.must.description),
                  .text(threshold.severity.rawValue),
                ]
              })
        })
    ]
  }
}

/// A model's prices by token class, tier and size.
enum PriceDescription {
  static func section(of index: Int, in book: PriceBook) -> ReportBlock.Section {
    let model = book.models[index]
    let instant = book.latestPricedInstant(of: index) ?? Instant(microseconds: 0)
    var facts: [String] = []
    if let modelClass = model.modelClass { facts.append("class \(modelClass)") }
    if let context = model.contextTokens { facts.append("context \(NumberFormat.grouped(context)) tokens") }
    if !model.aliases.isEmpty { facts.append("also called \(model.aliases.joined(separator: ", "))") }
    return ReportBlock.Section("Model \(model.provider) \(model.model)", text: facts.joined(separator: "; ")) {
      ReportTable(
        id: "prices", title: "Prices in USD per 1M tokens",
        columns: [.key("class", "Token class")]
          + ServiceTier.allCases.map { .init($0.name, $0.name) },
        rows: TokenClass.allCases.map { tokenClass in
          [.text(tokenClass.name)]
            + ServiceTier.allCases.map { tier in
              guard tier == .standard || book.lists(tier, of: index, at: instant),
                let price = book.rates(of: index, at: instant, tier: tier, input: 0)?.price(of: tokenClass)
              else { return .empty }
              return .text(price.perMillionText)
            }
        })
    }
  }
}
