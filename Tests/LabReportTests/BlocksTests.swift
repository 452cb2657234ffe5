import LabCore
import LabReport
import Testing

@Suite struct BlocksTests {
  @Test func `a metric that is no number is unknown and says why`() {
    let metric = Metric.number("p99", "p99 latency", .nan, unit: .milliseconds)
    #expect(metric.value == nil)
    #expect(metric.text == "unknown")
    #expect(metric.unknownBecause == "it can't be computed from this data")
    #expect(
      Metric.number("p99", "p99", nil, unit: .milliseconds, unknownBecause: "only 20 calls").unknownBecause
        == "only 20 calls")
    #expect(Metric.number("p99", "p99", 3, unit: .milliseconds, unknownBecause: "only 20 calls").unknownBecause == nil)
    #expect(Metric.count("calls", "Calls", UInt64.max).value == .integer(.max))
    #expect(Metric.money("cost", "Cost", Money(nanodollars: 1_500_000_000)).text == "$1.50")
    #expect(Metric.count("calls", "Calls", 12_345).text == "12,345")
  }

  @Test func `a figure has its unit where its label doesn't say it, and one of something is no several`() {
    #expect(Metric.count("calls", "Unpriced calls", 3, unit: .calls).text == "3")
    #expect(Metric.count("calls", "Matches", 1, unit: .calls).text == "1 call")
    #expect(Metric.count("days", "Recalls", 2, unit: .calls).text == "2 calls")
    #expect(Metric.number("c", "Cost per call", 0.5, unit: .usdPerCall).text == "$0.50")
    #expect(Metric.number("c", "Cost", 0.5, unit: .usdPerCall).text == "$0.50 per call")
    #expect(Metric.number("p", "p95 latency", 12, unit: .milliseconds).text == "12 ms")
    #expect(NumberFormat.counted(1, "row") == "1 row" && NumberFormat.counted(1200, "row") == "1,200 rows")
    #expect(NumberFormat.counted(0, "row is", "rows are") == "0 rows are")
    let heads: [(String, Unit, String)] = [
      ("Per call", .usdPerCall, "Per call"), ("Price", .usdPerMillionTokens, "Price (per 1M tokens)"),
      ("Input per 1M", .usdPerMillionTokens, "Input per 1M"), ("Calls", .calls, "Calls"), ("Share", .percent, "Share"),
      ("p95 latency", .milliseconds, "p95 latency (ms)"),
    ]
    for (title, unit, head) in heads { #expect(ReportTable.Column("c", title, unit: unit).titleWithUnit == head) }
  }

  @Test func `a table says of how many rows it shows the first`() {
    var table = ReportTable(
      id: "t", title: "Customers", columns: [.key("customer_id", "Customer"), .init("cost_usd", "Cost", unit: .usd)],
      rows: (0..<20).map { [.text("c\($0)"), .integer($0)] }, shownLimit: 15, totalCount: 482,
      sortNote: "by cost, largest first")
    #expect(table.shownRows().count == 15)
    #expect(table.shownRows(atMost: 3).count == 3)
    #expect(table.shownRows(atMost: -3).isEmpty)
    #expect(table.coverage(shown: 15) == "top 15 of 482, by cost, largest first")
    table.totalCount = 20
    #expect(table.coverage(shown: 20) == "by cost, largest first")
    table.sortNote = nil
    #expect(table.coverage(shown: 20) == nil)
    #expect(ReportTable(id: "t", title: "", columns: [], rows: [[], []], totalCount: 1).totalCount == 2)
    #expect(
      table.columns[1].titleWithUnit == "Cost" && table.columns[1].alignment == .trailing
        && table.columns[0].priority == 0)
  }

  @Test func `bucketing keeps the ends and every bucket's least and greatest value`() {
    var points = (0..<100_000).map { (index: Int) -> Chart.Point in Chart.Point(x: Double(index), y: Double(index % 7))
    }
    points[54_321].y = 1e9
    points[12_345].y = -1e9
    let kept = Chart.bucketed(points, limit: 1000)
    #expect(kept.count <= 1000 && kept.count > 900)
    #expect(kept.first == points.first && kept.last == points.last)
    #expect(kept.contains(points[54_321]) && kept.contains(points[12_345]))
    #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x < $1.x })
    #expect(Chart.bucketed(Array(points[..<1000]), limit: 1000).count == 1000)
    for limit in 0..<12 { #expect(Chart.bucketed(points, limit: limit).count <= limit) }
    let gaps = (0..<5000).map { (index: Int) -> Chart.Point in Chart.Point(x: Double(index), y: index < 2500 ? nil : 1)
    }
    #expect(Chart.bucketed(gaps, limit: 100).contains { $0.y == nil })
    let chart = Chart(
      id: "c", title: "t", kind: .line, x: .init("x"), y: .init("y"),
      series: [.init("a", points: points), .init("b", values: [1])])
    guard case .points(let limited) = chart.limited().series[0].content else {
      Issue.record("the points are gone")
      return
    }
    #expect(limited.count <= Chart.pointLimit)
  }

  @Test func `values that are no numbers become gaps`() {
    #expect(Chart.Point(x: 1, y: .nan).y == nil)
    #expect(Chart.Series("a", values: [1, .infinity, nil]).content == .values([1, nil, nil]))
    #expect(Cell.number(.nan, .usd, else: "too few") == .missing("too few"))
    #expect(Cell.percent(.nan).double == nil)
  }

  @Test func `recommendations are ordered by effect, the unknown last`() {
    func recommendation(_ rule: String, _ effect: Int64?) -> Recommendation {
      Recommendation(rule: rule, text: rule, monthlyEffect: effect.map { Money(nanodollars: $0) }, check: "")
    }
    let ordered = Recommendation.ordered([
      recommendation("d", nil), recommendation("b", 5), recommendation("c", 9), recommendation("a", 5),
    ])
    #expect(ordered.map(\.rule) == ["c", "a", "b", "d"])
  }

  @Test func `a report is written as a list with conditions and loops`() {
    let more = true
    let report = Report(id: "r", title: "R", question: "Why?") {
      [Metric.count("a", "A", 1)]
      Callout(.info, "first")
      if more { Callout(.good, "second") }
      if !more { Callout(.critical, "never") } else { Callout(.warning, "third") }
      for index in 0..<2 { Callout(.info, "loop \(index)") }
      ReportBlock.Section("inner") {
        ReportTable(id: "t", title: "T", columns: [], rows: [])
        [Recommendation]()
      }
      ReportBlock.abstentions([
        Abstention(section: "forecast", reason: "the data has 3 days"),
        Abstention(section: "by_tag", reason: "there is no tag"),
        Abstention(section: "monthly_cost", reason: "the data has 3 days"),
      ])
      ReportTable?.none
    }
    #expect(report.blocks.count == 8)
    #expect(report.tables.map(\.id) == ["t", "not_shown"])
    // Sections with the same reason share a line.
    #expect(
      report.tables.last?.rows == [
        [.text("forecast, monthly_cost"), .text("the data has 3 days")], [.text("by_tag"), .text("there is no tag")],
      ])
  }
}
