import LabCore
import LabJSON
import LabReport
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

/// What every analyzer of the registry keeps, whatever it is about.
@Suite struct AnalyzerContractTests {
  private func results(_ csv: String, threads: Int = 2) throws -> [AnalyzerResult] {
    try results(try AnalysisFixture.table(csv), threads: threads)
  }

  private func results(_ table: CallTable, threads: Int = 2) throws -> [AnalyzerResult] {
    try AnalyzerRegistry.run(on: table, in: AnalysisContext(prices: try AnalysisFixture.book(), threads: threads))
  }

  private func check(_ results: [AnalyzerResult], _ name: Comment) throws {
    #expect(results.map(\.id) == AnalyzerRegistry.ids, name)
    for result in results {
      #expect(result.error == nil, name)
      #expect(result.summary.map(\.id) == AnalyzerRegistry.descriptor(result.id)?.metrics.map(\.id), name)
      for metric in result.summary {
        #expect(metric.value == nil || metric.unknownBecause == nil, name)
        #expect(metric.value?.double.isFinite ?? true, name)
        #expect(!metric.text.lowercased().contains("nan"), name)
      }
      #expect(!result.report.blocks.isEmpty, name)
      for table in result.report.tables {
        for row in table.rows + [table.totals].compactMap({ $0 }) {
          #expect(row.count == table.columns.count, "\(result.id) \(table.id)")
        }
      }
      // Reads back, and says null rather than leaving JSON; one that abstains as a whole has none, and says why.
      let findings = try AnalysisFixture.findings(result)
      #expect(findings.object != nil || !result.abstentions.isEmpty, name)
    }
  }

  @Test func `the registry is sorted, without repeats, and every metric has a meaning`() {
    let ids = AnalyzerRegistry.ids
    #expect(ids == Array(Set(ids)).sorted())
    for descriptor in AnalyzerRegistry.descriptors {
      let metrics = descriptor.metrics.map(\.id)
      #expect(Set(metrics).count == metrics.count)
      #expect(Array(metrics.prefix(2)) == ["total_calls", "total_cost_usd"])
      #expect(!descriptor.method.isEmpty && !descriptor.question.isEmpty)
      for metric in descriptor.metrics { #expect(!metric.meaning.isEmpty && !metric.label.isEmpty) }
    }
    #expect(AnalyzerRegistry.metricNames.contains("understanding.total_cost_usd"))
    #expect(AnalyzerRegistry.metricNames == AnalyzerRegistry.metricNames.sorted())
  }

  @Test func `the metrics that the design names all exist`() {
    let named = [
      "understanding": [
        "total_calls", "total_cost_usd", "total_tokens", "input_tokens", "output_tokens", "customers", "organizations",
        "models", "cost_per_call_usd", "cost_per_million_tokens_usd", "provider_hhi", "forecast_30_days_usd",
        "forecast_30_days_low_usd", "forecast_30_days_high_usd", "unpriced_calls",
      ],
      "realtime": [
        "total_calls", "total_cost_usd", "anomaly_events", "anomaly_excess_usd", "alerts_critical", "alerts_warning",
        "customers_over_price", "max_provider_share", "provider_diversity",
      ],
      "abuse_detection": [
        "total_calls", "total_cost_usd", "cases", "critical_cases", "cost_at_stake_usd", "precision", "recall",
      ],
      "dataset_overview": [
        "total_calls", "total_cost_usd", "rows", "rejected_rows", "duplicate_call_ids", "out_of_order_rows",
        "cost_mismatch_calls", "cost_mismatch_usd", "success_rate_pct", "hours", "days", "gini_customers",
      ],
      "pricing": [
        "total_calls", "total_cost_usd", "flat_revenue_usd", "usage_based_revenue_usd", "tiered_revenue_usd",
        "hybrid_revenue_usd",
      ],
      "features": [
        "total_calls", "total_cost_usd", "features", "cost_per_active_customer_usd", "best_roi_pct", "worst_roi_pct",
      ],
      "token_economics": [
        "total_calls", "total_cost_usd", "uncached_input_tokens", "cached_input_tokens", "cache_write_tokens",
        "output_tokens", "reasoning_tokens", "cache_hit_pct", "cache_saved_usd", "waste_usd",
      ],
      "optimization": [
        "total_calls", "total_cost_usd", "savings_usd", "savings_pct", "savings_eliminate_usd", "savings_cache_usd",
        "savings_batch_usd", "savings_route_usd", "savings_commit_usd", "commitment_per_hour_usd",
        "commitment_utilisation_pct", "commitment_coverage_pct",
      ],
      "alignment": [
        "total_calls", "total_cost_usd", "allocated_usd", "unallocated_usd", "organizations", "tag_coverage_pct",
      ],
      "profitability": [
        "total_calls", "total_cost_usd", "revenue_usd", "margin_usd", "margin_pct", "customers",
        "unprofitable_customers", "unprofitable_loss_usd",
      ],
    ]
    for (id, metrics) in named {
      for metric in metrics { #expect(AnalyzerRegistry.metricNames.contains("\(id).\(metric)")) }
    }
  }

  @Test func `no rows, one row, no cost, all errors, one column and odd names give sentences and finite numbers`()
    throws
  {
    let header = AnalysisFixture.header + "\n"
    let one = "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,alpha,big,us,10,10,20,1,0.0004,success,,,call-1,0,prod\n"
    let zero = "2026-01-05T00:10:00Z,o,p,f,c,a,t,0,alpha,big,us,0,0,0,1,0,success,,,call-1,0,prod\n"
    let error = "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,alpha,big,us,10,0,10,1,0,error,rate_limit,,call-1,0,prod\n"
    let odd =
      "2026-01-05T00:10:00Z,\"o,\"\"<script>\",日本語,فارسی,👩‍👩‍👧,a,t,1,ал,m\u{301},\u{202e}us,10,10,20,1,0.0004,success,,"
      + "\"{\"\"k\"\":[1,{}],\"\"k\"\":null}\",x,0,\n"
    let stray =
      "0001-01-01T00:00:00Z,o,p,f,c,a,t,1,alpha,big,us,1,1,2,1,0.1,success,,,a,0,prod\n"
      + "9999-12-31T23:59:59Z,o,p,f,c,a,t,1,alpha,big,us,1,1,2,1,0.1,success,,,b,0,prod\n"
    let huge =
      "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,alpha,big,us,4000000000000000000,0,4000000000000000000,1,9000000000,"
      + "success,,,z,4000000000000000000,prod\n"
    try check(try results(header), "no rows")
    try check(try results(header + one), "one row")
    try check(try results(header + zero), "zero cost")
    try check(try results(header + error + error), "all errors")
    try check(try results(header + odd), "odd names")
    try check(try results(header + stray), "centuries apart")
    try check(try results(header + huge), "huge numbers")
    for column in ["timestamp", "cost_usd", "model", "status", "total_tokens", "customer_id", "metadata"] {
      let value = ["timestamp": "2026-01-05", "status": "success"][column] ?? "1"
      try check(try results("\(column),region\n\(value),x\n"), "only \(column) and region")
    }
  }

  @Test func `columns of percent say so in their id, and one is no several`() throws {
    let one = "2026-01-05T00:10:00Z,o,p,f,c,a,t,1,alpha,big,us,10,10,20,1,0.0004,success,,,call-1,0,prod\n"
    for csv in [AnalysisFixture.header + "\n" + one, AnalysisFixture.random(rows: 4000)] {
      for result in try results(csv) {
        for table in result.report.tables {
          for column in table.columns where column.unit == .percent {
            #expect(column.id.hasSuffix("_pct"), "\(result.id) \(table.id) \(column.id)")
          }
        }
        for sentence in Self.sentences(result.report.blocks) {
          let words = sentence.split { $0 == " " || $0 == "," || $0 == "." }
          for (number, word) in zip(words, words.dropFirst()) where number == "1" {
            let plurals = ["calls", "customers", "days", "rows", "models", "providers", "tokens", "weeks"]
            #expect(!plurals.contains(String(word)), "\(result.id): \(sentence)")
          }
        }
      }
    }
  }

  /// Every sentence of metrics, callouts, sections and notes.
  private static func sentences(_ blocks: [ReportBlock]) -> [String] {
    blocks.flatMap { block -> [String] in
      switch block {
      case .metrics(let metrics): metrics.map { "\($0.label) \($0.text)" }
      case .callout(let callout): [callout.text]
      case .section(let section): [section.text] + sentences(section.blocks)
      case .table(let table): [table.note ?? ""]
      case .chart(let chart): [chart.title, chart.note ?? ""]
      case .recommendations: []
      }
    }
  }

  @Test func `an empty table has a sentence in every report`() throws {
    for result in try results(AnalysisFixture.header + "\n") {
      let sentences = result.report.blocks.compactMap { block -> String? in
        if case .callout(let callout) = block { callout.text } else { nil }
      }
      #expect(sentences.contains { $0.hasPrefix("There are no calls") }, "\(result.id)")
      #expect(result.value(of: "total_calls") == .integer(0))
    }
  }

  @Test func `shuffled rows give equal integer totals and groups`() throws {
    let csv = AnalysisFixture.random(rows: 4000)
    var lines = csv.split(separator: "\n").map(String.init)
    let header = lines.removeFirst()
    var random = RandomStream(seed: 4, purpose: 4)
    for index in lines.indices.reversed() { lines.swapAt(index, random.below(index + 1)) }
    let shuffled = ([header] + lines).joined(separator: "\n") + "\n"
    let (straight, mixed) = (try results(csv), try results(shuffled))
    for (left, right) in zip(straight, mixed) {
      for (first, second) in zip(left.summary, right.summary) where first.id != "out_of_order_rows" {
        #expect(first.value == second.value, "\(left.id).\(first.id)")
      }
      let (one, two) = (try AnalysisFixture.findings(left), try AnalysisFixture.findings(right))
      for member in one.object ?? [] where member.key.hasPrefix("by_") {
        #expect(Self.text(member.node) == two[member.key].map { Self.text($0) }, "\(left.id) \(member.key)")
      }
    }
  }

  private static func text(_ node: JSONNode) -> String {
    var writer = JSONWriter(compact: true)
    writer.value(node)
    return writer.text
  }

  @Test func `findings are the same bytes at width 1, 2 and 8`() throws {
    // More than one segment of 65,536 rows, so that there is something to share out.
    let table = try AnalysisFixture.table(AnalysisFixture.random(rows: 150_000))
    var texts: [Set<String>] = Array(repeating: [], count: AnalyzerRegistry.ids.count)
    for threads in [1, 2, 8] {
      for (index, result) in try results(table, threads: threads).enumerated() {
        var writer = JSONWriter()
        try result.encodeFindings(into: &writer)
        texts[index].insert(writer.text)
      }
    }
    for (id, text) in zip(AnalyzerRegistry.ids, texts) { #expect(text.count == 1, "\(id)") }
  }

  @Test func `a raised cancel flag ends every analyzer with that error and leaves the others' results`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.six)
    let context = AnalysisContext(prices: try AnalysisFixture.book())
    context.cancellation.raise()
    for result in try AnalyzerRegistry.run(on: table, in: context) {
      #expect(result.error == .cancelled)
      #expect(result.summary.allSatisfy { $0.value == nil && $0.unknownBecause != nil })
      var writer = JSONWriter()
      try result.encodeFindings(into: &writer)
      #expect(writer.text == "null")
    }
  }

  @Test func `an unknown analyzer is named with its nearest neighbours`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.six)
    #expect {
      try AnalyzerRegistry.run(["understandin"], on: table, in: AnalysisContext())
    } throws: { error in
      let fact = error as? AnalysisError
      return fact?.sentence == "there is no analyzer 'understandin'" && fact?.help == "did you mean 'understanding'?"
    }
  }

  @Test func `docs slash analyzers dot md is what the descriptors say`() throws {
    let page = AnalyzerDocument.markdown()
    let written = String(decoding: try PackageRoot.bytes(of: AnalyzerDocument.path), as: UTF8.self)
    #expect(
      written == page,
      "docs/analyzers.md is stale; write it anew with: UPDATE_DOCS=1 swift test --filter AnalyzerDocumentTests")
  }
}
