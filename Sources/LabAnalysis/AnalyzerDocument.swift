import LabReport
import LabTable

/// The reference page of all analyzers, generated from their descriptors; a test keeps docs/analyzers.md current.
public enum AnalyzerDocument {
  /// Where the page stands in the project.
  public static let path = "docs/analyzers.md"

  /// The page in Markdown.
  public static func markdown() -> String {
    var text = """
      # Analyzers

      Generated from the analyzers' descriptors. `finops-lab analyze DATA.csv ID` runs one, and every metric below can be named
      by a threshold or an `expect`, as `ID.METRIC`.

      """
    for domain in AnalyzerDescriptor.Domain.allCases {
      let descriptors = AnalyzerRegistry.descriptors.filter { $0.domain == domain }
      if descriptors.isEmpty { continue }
      text += "\n## \(domain.title)\n"
      for descriptor in descriptors { text += section(descriptor) }
    }
    return text
  }

  private static func section(_ descriptor: AnalyzerDescriptor) -> String {
    var text = "\n### \(descriptor.id): \(descriptor.title)\n\n\(descriptor.question)\n\n"
    text += "| Metric | Unit | Meaning |\n|---|---|---|\n"
    for metric in descriptor.metrics + descriptor.budgetMetrics {
      let unit = metric.unit.symbol.isEmpty ? "" : metric.unit.symbol
      text += "| `\(metric.id)` | \(unit) | \(escaped(metric.meaning)) |\n"
    }
    text += "\nMethod:\n\n"
    for sentence in descriptor.method { text += "- \(sentence)\n" }
    if !descriptor.limits.isEmpty {
      text += "\n| Limit | Value | Reason |\n|---|---|---|\n"
      for limit in descriptor.limits {
        text += "| \(escaped(limit.name)) | \(escaped(limit.value)) | \(escaped(limit.reason)) |\n"
      }
    }
    if !descriptor.measured.isEmpty {
      text += "\nMeasured (docs/performance.md says how):\n\n"
      for sentence in descriptor.measured { text += "- \(sentence)\n" }
    }
    if !descriptor.needs.isEmpty { text += "\nNeeds: \(list(descriptor.needs)).\n" }
    text += "\nReads, and abstains from a section without: \(list(descriptor.uses)).\n"
    return text
  }

  private static func list(_ uses: [AnalyzerDescriptor.ColumnUse]) -> String {
    uses.map { "`\($0.column.name)`" }.joined(separator: ", ")
  }

  private static func escaped(_ text: String) -> String {
    String(text.flatMap { $0 == "|" ? "\\|" : String($0) })
  }
}
