import LabAnalysis
import LabCore
import LabRendering
import LabReport
import LabScenario
import LabTable

/// Makes a report's pages and first sentences from results and verdicts alone.
struct ReportComposer {
  let request: ReportRequest
  let version: String
  /// The chart library or why there is none; nil when it comes from the network.
  let library: Result<[UInt8], ChartLibrary.Absence>?

  var site: ReportSite {
    let pages = self.pages
    let summary = ExecutiveSummary(request: request, pages: pages)
    var tables: [ReportTable] = []
    if let verdicts = RunSummary.verdictTable(request.document.verdicts) { tables.append(verdicts) }
    if let baseline = request.baseline { tables.append(baseline.table(against: request.document.results)) }
    return ReportSite(
      title: request.title, description: request.description, lead: summary.lead, figures: summary.figures,
      lists: summary.lists, callouts: request.callouts, tables: tables, pages: pages.map { summary.dressed($0) },
      facts: facts, version: version, stamp: request.stamp, charts: charts)
  }

  private var charts: ReportSite.Charts {
    switch library {
    case .success(let bytes): .included(String(decoding: bytes, as: UTF8.self))
    case .failure(let absence): .none(absence.sentence)
    case nil: .network(url: ChartLibrary.networkURL)
    }
  }

  // MARK: Pages

  /// One page for every analyzer that there is, by domain; the page of the whole cost stands first in its own.
  private var pages: [ReportSite.Page] {
    let home = Headline.home(of: request.document.results)
    return AnalyzerDescriptor.Domain.allCases.flatMap { domain in
      let all = AnalyzerRegistry.descriptors.filter { $0.domain == domain }
      return (all.filter { $0.id == home } + all.filter { $0.id != home }).map(page)
    }
  }

  private func page(_ descriptor: AnalyzerDescriptor) -> ReportSite.Page {
    let result = request.document.results.first { $0.id == descriptor.id }
    var state = ReportSite.Page.State.missing
    var blocks: [ReportBlock] = [
      .callout(Callout(.info, "This analysis has not been made, so there is nothing to show."))
    ]
    if let result {
      state = result.error == nil ? .complete : .failed
      blocks = complete(result)
    }
    return ReportSite.Page(
      id: descriptor.id, title: descriptor.title, question: descriptor.question, domain: descriptor.domain.title,
      state: state, blocks: blocks, method: descriptor.method,
      limits: descriptor.limits.map { ($0.name, $0.value, $0.reason) })
  }

  /// The blocks of a result, with whatever of its recommendations and known figures they leave out: what a threshold or the
  /// first page names can be found.
  private func complete(_ result: AnalyzerResult) -> [ReportBlock] {
    var blocks = result.report.blocks
    let spots = PageSpots(blocks)
    let actions = result.recommendations.filter { entry in
      !spots.recommendations.contains { $0.recommendation == entry }
    }
    if !actions.isEmpty {
      blocks.append(.section(.init("Recommendations", blocks: [.recommendations(actions)])))
    }
    let judged = Set(request.document.verdicts.map(\.threshold.metric))
    let figures = result.summary.filter { metric in
      (metric.value != nil || judged.contains("\(result.id).\(metric.id)"))
        && !spots.metrics.contains { $0.metric.id == metric.id }
    }
    if !figures.isEmpty { blocks.append(.section(.init("Other figures", blocks: [.metrics(figures)]))) }
    return blocks
  }

  // MARK: Facts

  private var facts: [(label: String, value: String)] {
    let facts = request.document.facts
    var list: [(label: String, value: String)] = [
      ("Data", facts.path),
      ("Size", "\(NumberFormat.counted(facts.rows, "call")), \(NumberFormat.bytes(facts.bytes))"),
    ]
    if let range = facts.timeRange {
      list.append(
        (
          "Period",
          "\(range.lowerBound.formatted(fractionDigits: 0)) to \(range.upperBound.formatted(fractionDigits: 0))"
        ))
    }
    if let target = request.targetBytes { list.append(("Target", NumberFormat.bytes(target))) }
    list.append(("Fingerprint", facts.fingerprint.description))
    for sentence in request.basis { list.append(Self.labelled(sentence)) }
    list.append(("Made by", "finops-lab \(version)"))
    return list
  }

  /// `prices: the shipped book` as label and value.
  private static func labelled(_ sentence: String) -> (label: String, value: String) {
    guard let colon = sentence.firstRange(of: ": ") else { return ("Note", sentence) }
    let label = sentence[..<colon.lowerBound]
    return (label.prefix(1).uppercased() + label.dropFirst(), String(sentence[colon.upperBound...]))
  }
}

/// The figures that a reader of the first page looks for, by the metric names that hold for all analyzers.
enum Headline {
  /// Those that only the page of the whole cost has all of.
  private static let whole = ["total_cost_usd", "total_calls", "total_tokens", "customers", "cost_per_call_usd"]
  /// In the order in which they are shown; a figure that no analyzer knows is left out.
  static let metrics = [
    "total_cost_usd", "total_calls", "total_tokens", "customers", "cost_per_call_usd", "forecast_30_days_usd",
    "savings_usd", "margin_pct", "error_rate_pct", "p95_latency_ms", "nrr_pct", "cost_at_stake_usd",
  ]
  /// Two rows on a wide screen.
  static let shown = 8

  /// The analyzer that knows most of the whole; of equals the first.
  static func home(of results: [AnalyzerResult]) -> String? {
    func known(_ result: AnalyzerResult) -> Int { whole.count { result.value(of: $0) != nil } }
    let best = results.map(known).max() ?? 0
    return best == 0 ? nil : results.first { known($0) == best }?.id
  }
}
