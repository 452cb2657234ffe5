import LabCore
import LabReport

/// A report with every kind of block and chart, for all renderers.
public enum Sample {
  public static let metrics: [Metric] = [
    .money("total_cost_usd", "Total cost", Money(nanodollars: 11_840_120_000_000)),
    .count("total_calls", "Calls", 1_234_567),
    .number("p95_latency_ms", "p95 latency", 8123.4, unit: .milliseconds),
    .unknown("forecast_30_days_usd", "Forecast for 30 days", unit: .usd, because: "the data has 3 days; 14 are needed"),
  ]

  public static func table(rows: Int = 3, shown: Int? = 15) -> ReportTable {
    let names = ["openai", "anthropic, \"quoted\" | piped", "=HYPERLINK(\"http://x\")"]
    let columns: [ReportTable.Column] = [
      .key("provider", "Provider"), .init("cost_usd", "Cost", unit: .usd),
      .init("share", "Share", unit: .percent, role: .share),
      .init("calls", "Calls", priority: 2), .init("p95_latency_ms", "p95 latency", unit: .milliseconds, priority: 3),
      .note("trend", "Daily cost", priority: 4), .note("first", "First call", priority: 5),
    ]
    let all = (0..<rows).map { (index: Int) -> [Cell] in
      let name = index < 3 ? names[index] : "provider \(index)"
      let latency: Cell = index == 2 ? .missing("too few") : .number(812.5, .milliseconds)
      return [
        .text(name), .money(Money(nanodollars: 7_000_000_000_000 - Int64(index) * 12_345_678_901)),
        .percent(61.2 - Double(index)),
        .count(123_456 - index), latency, .spark([1, 2, 3, 4, 5, 6, 7, 8]),
        .instant(Instant(microseconds: 1_767_604_425_000_000)),
      ]
    }
    return ReportTable(
      id: "by_model", title: "Cost by model", columns: columns, rows: all,
      totals: [.text("total"), .money(Money(nanodollars: 11_840_120_000_000)), .percent(100), .count(1_234_567)],
      shownLimit: shown,
      totalCount: max(rows, 482), sortNote: "by cost, largest first", note: "Cost is the recorded cost.")
  }

  public static let recommendation = Recommendation(
    rule: "cache_prefix", text: "Cache the shared prefix of chat: 61% of its input repeats.",
    monthlyEffect: Money(nanodollars: 120_000_000_000),
    low: Money(nanodollars: 80_000_000_000), high: Money(nanodollars: 160_000_000_000),
    evidence: [.init("cacheable input tokens", .count(12_345_678)), .init("daily", .spark([1, 2, 3]))],
    check: "that prompts keep their order")

  public static func chart(_ kind: Chart.Kind) -> Chart {
    let x = Chart.Axis("Day", scale: .category)
    let y = Chart.Axis("Cost", unit: .usd)
    let days = ["Mon", "Tue", "Wed", "Thu"]
    let title = "Cost rose by 12% on Tuesday"
    switch kind {
    case .scatter:
      func points(_ names: [String]) -> [Chart.Point] {
        names.enumerated().map {
          .init(x: 400 * Double($0 + 1) * Double($0 + 1), y: 0.2 * Double($0 * 3 + 1), label: $1)
        }
      }
      return Chart(
        id: "scatter", title: title, kind: kind, x: .init("p95 latency", unit: .milliseconds, scale: .logarithmic),
        y: .init("Price", unit: .usdPerMillionTokens, scale: .logarithmic),
        series: [.init("frontier", points: points(["a", "b", "c"])), .init("dominated", points: points(["d", "e"]))])
    case .line, .fan:
      let time = Chart.Axis("Day", scale: .time)
      func points(_ shift: Double) -> [Chart.Point] {
        (0..<48).map { (hour: Int) -> Chart.Point in
          let value = 50 + shift + Double(hour * 37 % 23)
          return Chart.Point(x: 1_767_571_200 + Double(hour) * 3600, y: hour == 7 ? nil : value)
        }
      }
      return Chart(
        id: kind.rawValue, title: title, kind: kind, x: time, y: y,
        series: [
          .init("median", points: points(0)), .init("low", points: points(-20), role: .lower),
          .init("high", points: points(20), role: .upper),
          .init(
            "budget", points: [.init(x: 1_767_571_200, y: 80), .init(x: 1_767_571_200 + 47 * 3600, y: 80)],
            role: .reference),
          .init("events", points: [.init(x: 1_767_571_200 + 9 * 3600, y: 90, label: "a spike")], role: .events),
        ], note: "Hours without calls are gaps.")
    case .heatmap:
      return Chart(
        id: "heatmap", title: title, kind: kind, x: .init("Provider", scale: .category),
        y: .init("Region", scale: .category), categories: ["openai", "google"],
        series: [
          .init("us-east", values: [812, nil], unit: .milliseconds),
          .init("eu-west", values: [1200, 900], unit: .milliseconds),
        ])
    case .box:
      return Chart(
        id: "box", title: title, kind: kind, x: .init("Feature", scale: .category), y: .init("Ratio", unit: .ratio),
        categories: ["chat", "code"],
        series: [
          .init("ratio", boxes: [.init(low: 0.1, lowerQuartile: 0.2, median: 0.3, upperQuartile: 0.4, high: 0.9), nil])
        ])
    case .waterfall:
      return Chart(
        id: "waterfall", title: title, kind: kind, x: x, y: y, categories: ["now", "cache", "batch", "then"],
        series: [
          .init("total", values: [100, nil, nil, 70], role: .total), .init("saving", values: [nil, -20, -10, nil]),
        ])
    case .bar, .stackedBar, .groupedBar, .doughnut, .histogram, .pareto:
      var series: [Chart.Series] = [
        .init("openai", values: [10, 25.5, 0, 40]), .init("google", values: [5, 5, nil, 20]),
      ]
      if kind == .doughnut || kind == .histogram { series = [series[0]] }
      if kind == .pareto {
        series = [series[0], .init("share", values: [20, 60, 60, 100], role: .cumulative, unit: .percent)]
      }
      return Chart(id: kind.rawValue, title: title, kind: kind, x: x, y: y, categories: days, series: series)
    }
  }

  public static let report = Report(
    id: "understanding", title: "Understanding", question: "Where does the money go, and where is it heading?"
  ) {
    metrics
    Callout(.critical, "The budget is exceeded on 2026-01-17.")
    Callout(.good, "No call is unpriced.")
    ReportBlock.Section("By model", text: "What each model costs.") {
      table()
      for kind in Chart.Kind.allCases { chart(kind) }
      ReportBlock.Section("Deeper", blocks: [.callout(Callout(.info, "inner"))])
    }
    [recommendation]
  }

  /// Names that try to break what shows them.
  public static let hostile = [
    "\u{1b}[31mred\u{1b}[0m", "\u{1b}]0;title\u{7}", "a\nb\r\nc\td", "nul\0nul", "\u{9b}31m c1", "rtl \u{202e}gnp.exe",
    "isolate \u{2066}x\u{2069}",
    String(repeating: "long ", count: 2000), String(repeating: "x", count: 10_000),
    "a" + String(repeating: "\u{301}", count: 5000), "<script>alert(1)</script>",
    "| pipe | `code` **bold** [l](javascript:x)", "\u{feff}bom", "\u{200b}\u{200d}",
    "中文客户名称" + String(repeating: "字", count: 100), "👨‍👩‍👧‍👦 family 🇩🇪", "\u{2028}line\u{2029}para",
    "=1+1", "@cmd", "+SUM(A1)", "-2+3", "\t=x", "\r=x", "", " ", "\u{7f}del",
  ]

  public static let hostileReport = Report(id: "hostile", title: hostile[0] + hostile[5], question: hostile[7]) {
    for (index, name) in hostile.enumerated() {
      let inner = index < 2 ? hostile : [name, "plain"]
      [Metric.count("m", name, 1), Metric.unknown("n", name, unit: .usd, because: name)]
      Callout(.warning, name)
      ReportTable(
        id: "t", title: name, columns: [.key("k", name), .init("v", name), .note("n", name)],
        rows: inner.map { [.text($0), .integer(5), .text($0)] } + [[.text(name)], []],
        totals: [.text(name), .integer(7)], sortNote: name, note: name)
      for kind in index < 2 ? Chart.Kind.allCases : [.line, .groupedBar] {
        Chart(
          id: "c", title: name, kind: kind, x: .init(name), y: .init(name, unit: .usd), categories: inner,
          series: [.init(name, values: inner.indices.map { Double($0) }), .init(name, values: [.nan])], note: name)
        Chart(
          id: "d", title: name, kind: kind, x: .init(name), y: .init(name), categories: [name, ""],
          series: [
            .init(name, values: [1, -2]), .init(name, boxes: [nil]),
            .init(name, points: [.init(x: .infinity, y: 1), .init(x: 1e300, y: -1e300), .init(x: -1e300, y: 1e300)]),
          ])
      }
      [Recommendation(rule: name, text: name, monthlyEffect: .zero, evidence: [.init(name, .text(name))], check: name)]
      ReportBlock.Section(name, text: name, blocks: [])
    }
  }
}
