import LabAnalysis
import LabCore
import LabRendering
import LabReport
import LabScenario
import LabTable

/// The first page's sentences: made of findings, thresholds, recommendations and callouts, largest money first, each with the
/// place that proves it.
struct ExecutiveSummary {
  let request: ReportRequest
  let pages: [ReportSite.Page]
  private let spots: [String: PageSpots]
  private let results: [AnalyzerResult]

  /// Sentences of a list; the rest is on the pages.
  private static let listLimit = 10

  init(request: ReportRequest, pages: [ReportSite.Page]) {
    self.request = request
    self.pages = pages
    spots = Dictionary(pages.map { ($0.id, PageSpots($0.blocks)) }) { first, _ in first }
    // The page of the whole cost proves what several pages show.
    let home = Headline.home(of: request.document.results)
    results =
      request.document.results.filter { $0.id == home } + request.document.results.filter { $0.id != home }
  }

  /// A known figure with the place that shows it.
  private func figure(_ id: String) -> (metric: Metric, place: ReportPlace)? {
    for result in results {
      if let metric = result.summary.first(where: { $0.id == id && $0.value != nil }) {
        return (metric, place(of: id, in: result.id))
      }
    }
    return nil
  }

  private func place(of metric: String, in page: String) -> ReportPlace {
    ReportPlace(page: page, anchor: spots[page]?.metrics.first { $0.metric.id == metric }?.anchor)
  }

  // MARK: Figures and first words

  var figures: [(metric: Metric, place: ReportPlace)] {
    Array(Headline.metrics.compactMap(figure).prefix(Headline.shown))
  }

  var lead: [ReportSite.Sentence] {
    var sentences: [ReportSite.Sentence] = []
    if let cost = figure("total_cost_usd"), let calls = figure("total_calls"),
      case .integer(let count) = calls.metric.value
    {
      var text = "\(NumberFormat.counted(count, "call")) cost \(cost.metric.text)"
      if let range = request.document.facts.timeRange, request.document.selected == nil {
        text += " from \(range.lowerBound.date) to \(range.upperBound.date)"
      }
      sentences.append(.init(text + ".", at: cost.place))
    }
    if let forecast = figure("forecast_30_days_usd") {
      var text = "The next 30 days are forecast at \(forecast.metric.text)"
      if let low = figure("forecast_30_days_low_usd"), let high = figure("forecast_30_days_high_usd") {
        text += " (\(low.metric.text) to \(high.metric.text))"
      }
      sentences.append(.init(text + ".", at: forecast.place))
    }
    if !request.document.verdicts.isEmpty { sentences.append(thresholds) }
    return sentences
  }

  private var thresholds: ReportSite.Sentence {
    let verdicts = request.document.verdicts
    let failed = verdicts.filter(\.fails)
    let place = ReportPlace(page: nil, anchor: "table-thresholds")
    if failed.isEmpty {
      let warned = verdicts.count { !$0.passed }
      let tail = warned == 0 ? "" : ", \(warned) with a warning"
      return .init(
        "\(NumberFormat.counted(verdicts.count, "threshold")) \(verdicts.count == 1 ? "holds" : "hold")\(tail).",
        at: place)
    }
    let names = failed.map(\.threshold.id).joined(separator: ", ")
    return .init("\(failed.count) of \(NumberFormat.counted(verdicts.count, "threshold")) failed: \(names).", at: place)
  }

  // MARK: Lists

  var lists: [ReportSite.SentenceList] {
    [
      .init("Needs attention", Array(attention.prefix(Self.listLimit))),
      .init("What to do", Array(actions.prefix(Self.listLimit))),
    ]
  }

  /// A sentence with what decides on its place in the list.
  private struct Ranked {
    var sentence: ReportSite.Sentence
    var money: Double
  }

  /// Thresholds that don't hold, analyses that failed, and warnings: the largest money first, then by how much they matter.
  private var attention: [ReportSite.Sentence] {
    var ranked = request.document.verdicts.filter { !$0.passed }.map(ranked)
    for result in results {
      if let error = result.error {
        ranked.append(
          Ranked(
            sentence: .init(
              "\(title(result.id)) could not be analysed: \(error.sentence).", at: ReportPlace(page: result.id),
              level: .critical), money: 0))
        continue
      }
      for (callout, anchor) in spots[result.id]?.callouts ?? []
      where callout.level == .critical || callout.level == .warning {
        ranked.append(
          Ranked(
            sentence: .init(callout.text, at: ReportPlace(page: result.id, anchor: anchor), level: callout.level),
            money: NamedMoney.largest(in: callout.text)))
      }
    }
    // The order of the pages decides between equals, so the sort must be stable.
    return ranked.enumerated().sorted { left, right in
      if left.element.money != right.element.money { return left.element.money > right.element.money }
      let (one, other) = (weight(left.element.sentence), weight(right.element.sentence))
      return one != other ? one > other : left.offset < right.offset
    }.map(\.element.sentence)
  }

  private func weight(_ sentence: ReportSite.Sentence) -> Int { sentence.level == .critical ? 1 : 0 }

  private func ranked(_ verdict: Verdict) -> Ranked {
    let metric = verdict.threshold.metric
    let dot = metric.firstIndex(of: ".") ?? metric.endIndex
    let page = String(metric[..<dot])
    let name = String(metric[dot...].dropFirst())
    let label = AnalyzerRegistry.descriptor(page)?.metrics.first { $0.id == name }?.label ?? metric
    let scope = verdict.threshold.filter.isEmpty ? "" : " where \(verdict.threshold.filter.text)"
    let limit = verdict.threshold.must.text { verdict.unit.text(of: $0) }
    var text = "\(verdict.threshold.id): \(label)\(scope) "
    if let value = verdict.value {
      text += "is \(Metric(id: name, label: label, value: value, unit: verdict.unit).text), must be \(limit)"
    } else {
      text += "is unknown (\(verdict.unknownBecause ?? "no data")), must be \(limit)"
    }
    let beyond = verdict.unit == .usd ? verdict.margin.map { max(0, -$0) } : nil
    return Ranked(
      sentence: .init(
        text + ".", at: place(of: name, in: page), level: verdict.fails ? .critical : .warning,
        amount: beyond.flatMap { $0 > 0 ? "\(Unit.usd.text(of: $0)) beyond" : nil }), money: beyond ?? 0)
  }

  private var actions: [ReportSite.Sentence] {
    let all = results.flatMap { result in
      (spots[result.id]?.recommendations ?? []).map { (page: result.id, entry: $0) }
    }
    let order = Recommendation.ordered(all.map(\.entry.recommendation))
    return order.compactMap { recommendation in
      guard let found = all.first(where: { $0.entry.recommendation == recommendation }) else { return nil }
      return .init(
        recommendation.text, at: ReportPlace(page: found.page, anchor: found.entry.anchor),
        amount: recommendation.monthlyEffect.map { "\(NumberFormat.money($0)) a month" })
    }
  }

  private func title(_ id: String) -> String { AnalyzerRegistry.descriptor(id)?.title ?? id }

  // MARK: Cards

  /// Figures on a card.
  private static let cardFigures = 3
  /// Every page has them, so a card need not.
  private static let common: Set<String> = ["total_cost_usd", "total_calls"]

  /// The page with what its card shows: its first finding and figures of its own.
  func dressed(_ page: ReportSite.Page) -> ReportSite.Page {
    guard let result = results.first(where: { $0.id == page.id }), let spots = spots[page.id] else { return page }
    var page = page
    page.figures = Array(
      result.summary.filter { $0.value != nil && !Self.common.contains($0.id) }.prefix(Self.cardFigures))
    if let chart = spots.charts.first {
      page.finding = .init(chart.chart.title, at: ReportPlace(page: page.id, anchor: chart.anchor))
    }
    return page
  }
}

/// Amounts of money that a sentence names.
enum NamedMoney {
  /// The largest amount in USD that the text names, 0 without one: `$1,234.50` is 1234.5.
  static func largest(in text: String) -> Double {
    var largest = 0.0
    var rest = Array(text.utf8)[...]
    while let sign = rest.firstIndex(of: UInt8(ascii: "$")) {
      rest = rest[(sign + 1)...]
      let digits = rest.prefix { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: ".")
      }
      // A full stop may end the sentence.
      let number = String(decoding: digits.filter { $0 != UInt8(ascii: ",") }, as: UTF8.self)
      let trimmed = number.hasSuffix(".") ? String(number.dropLast()) : number
      if let value = Double(trimmed), value.isFinite { largest = max(largest, value) }
    }
    return largest
  }
}
