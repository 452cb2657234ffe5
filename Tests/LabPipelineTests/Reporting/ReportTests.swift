import LabCore
import LabFiles
import LabJSON
import LabRendering
import LabReport
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis
@testable import LabPipeline

@Suite struct ReportTests {
  private let box: TemporaryFolder

  init() throws { box = try TemporaryFolder("report") }

  private static func environment(_ threads: Int = 2) -> LabEnvironment {
    LabEnvironment(
      threads: threads, now: { Instant(microseconds: 0) }, version: "1.0.0", binary: { Fingerprint.of("test") })
  }

  private static let header =
    "timestamp,organization_id,feature_id,customer_id,provider,model,region,input_tokens,output_tokens,total_tokens,"
    + "latency_ms,cost_usd,status,error_type\n"

  /// Calls of many customers over three weeks, without a random number.
  private static func calls(_ count: Int) -> String {
    var text = header
    for index in 0..<count {
      let minute = index * 30_000 / max(count, 1)
      let time =
        Instant(date: CivilDate(year: 2026, month: 1, day: 5)) + TimeSpan(microseconds: Int64(minute) * 60_000_000)
      let (input, output) = (500 + index % 700, 50 + index % 90)
      let provider = index % 3 == 0 ? "openai,gpt-4o" : "anthropic,claude-haiku-4-5"
      text += "\(time.description),org-\(index % 7),f-\(index % 5),cust-\(index % 300),\(provider),us-east,"
      text += "\(input),\(output),\(input + output),\(100 + index % 900),0.00\(10 + index % 90),success,\n"
    }
    return text
  }

  private func outcome(_ csv: String, threads: Int = 2) throws -> AnalysisOutcome {
    try Self.environment(threads).analyse(DataRequest(path: try box.write(csv, to: "calls.csv")), analyzers: nil)
  }

  private func write(
    _ outcome: AnalysisOutcome, to name: String, threads: Int = 2, change: (inout ReportRequest) -> Void = { _ in }
  ) throws -> ReportOutcome {
    var request = ReportRequest(outcome, folder: box.file(name))
    change(&request)
    return try Self.environment(threads).writeReport(request)
  }

  /// Every file below a folder with its bytes.
  private func content(_ folder: String) throws -> [String: [UInt8]] {
    var all: [String: [UInt8]] = [:]
    for name in try FileSystem.names(in: box.file(folder)) {
      let path = folder + "/" + name
      if FileHandle.status(of: box.file(path))?.isFolder == true {
        all.merge(try content(path)) { first, _ in first }
      } else {
        all[String(path.drop { $0 != "/" })] = try box.bytes(of: path)
      }
    }
    return all
  }

  @Test func `the same data gives the same bytes at any width, and only the time differs between two reports`() throws {
    let outcome = try outcome(Self.calls(900))
    for (index, threads) in [1, 2, 8].enumerated() {
      _ = try write(outcome, to: "r\(index)", threads: threads)
    }
    let first = try content("r0")
    #expect(first.count > 10)
    #expect(try content("r1") == first && content("r2") == first)

    _ = try write(outcome, to: "r1") { $0.stamp = Instant(microseconds: 1) }
    let stamped = try content("r1")
    let different = first.keys.filter { first[$0] != stamped[$0] }.sorted()
    #expect(different == ["/index.html", "/manifest.json"])
    let lines = String(decoding: stamped["/manifest.json"] ?? [], as: UTF8.self).split(separator: "\n")
    let former = Set(String(decoding: first["/manifest.json"] ?? [], as: UTF8.self).split(separator: "\n"))
    let changed = lines.filter { !former.contains($0) }
    #expect(changed.contains { $0.contains("generated_at") })
    #expect(changed.count == 2, "the time, and the size of the page that tells it: \(changed)")
  }

  @Test func `the manifest names every file with its size and fingerprint`() throws {
    let report = try write(try outcome(Self.calls(300)), to: "r")
    let manifest = try JSONReader.read(box.bytes(of: "r/manifest.json"), name: "manifest").root
    #expect(manifest["format"]?.string == "finops-lab/report/1" && manifest["generated_at"] == nil)
    #expect(manifest["calls"]?.number?.integer == 300)
    let files = try #require(manifest["files"]?.array)
    #expect(
      Set(files.compactMap { $0["name"]?.string })
        == Set(try content("r").keys.map { String($0.dropFirst()) }).subtracting(["manifest.json"]))
    for file in files {
      let bytes = try box.bytes(of: "r/" + (file["name"]?.string ?? ""))
      #expect(file["bytes"]?.number?.integer == Int64(bytes.count))
      #expect(file["fingerprint"]?.string == Fingerprint.of(bytes).description)
    }
    #expect(report.pages.map(\.name).first == "index.html" && report.pages.count == AnalyzerRegistry.ids.count + 1)
    #expect(report.index == box.file("r/index.html"))
  }

  @Test func `summary json is the findings document`() throws {
    let outcome = try outcome(Self.calls(50))
    _ = try write(outcome, to: "r")
    #expect(try box.bytes(of: "r/summary.json") == outcome.document.json())
  }

  @Test func `an analyzer that failed or is missing leaves its page, and the others are whole`() throws {
    let outcome = try outcome(Self.calls(50))
    let good = outcome.results[0]
    let bad = outcome.results[1]
    let failed = AnalyzerResult(
      id: bad.id, summary: bad.summary.map { .unknown($0.id, $0.label, unit: $0.unit, because: "it failed") },
      report: Report(
        id: bad.id, title: "t", question: "q", blocks: [.callout(Callout(.critical, "no figures at all"))]),
      recommendations: [], abstentions: [], findings: nil, error: .scan(sentence: "the scan broke"))
    let report = try write(outcome, to: "r") { $0.document.results = [good, failed] }
    #expect(report.pages.filter(\.failed).map(\.name) == ["\(bad.id).html"])
    #expect(try box.text(of: "r/\(bad.id).html").contains("no figures at all"))
    let index = try box.text(of: "r/index.html")
    #expect(index.contains("could not be analysed: the scan broke") && index.contains("This analysis failed"))
    _ = try write(outcome, to: "r") { $0.document.results = [good] }
    #expect(try box.text(of: "r/\(bad.id).html").contains("has not been made"))
    #expect(try box.text(of: "r/index.html").contains("has not been made"))
  }

  @Test(arguments: [0, 1]) func `data with no row or one gives clear pages`(rows: Int) throws {
    let report = try write(try outcome(Self.calls(rows)), to: "r")
    #expect(report.pages.allSatisfy { $0.bytes > 2000 && !$0.failed })
    for page in report.pages {
      let html = try box.text(of: "r/" + page.name)
      for word in ["NaN", ">nan", ">inf", "Optional("] { #expect(!html.contains(word), "\(page.name): \(word)") }
    }
    if rows == 0 { #expect(try box.text(of: "r/index.html").contains("has a header and no row")) }
  }

  @Test func `what a threshold judges can be found on its page, and the first page leads there`() throws {
    var scenario = """
      { "format": "finops-lab/scenario/1", "duration": "1d",
        "thresholds": [
      """
    let metrics = AnalyzerRegistry.descriptors.flatMap { descriptor in
      descriptor.metrics.map { "\(descriptor.id).\($0.id)" }
    }
    scenario +=
      metrics.enumerated().map { "{ \"id\": \"t\($0)\", \"metric\": \"\($1)\", \"must\": \"< -1\" }" }
      .joined(separator: ",") + "] }"
    var data = DataRequest(path: try box.write(Self.calls(100), to: "calls.csv"))
    data.scenario = try box.write(scenario, to: "s.json")
    _ = try write(try Self.environment().analyse(data, analyzers: nil), to: "r")
    for metric in metrics {
      let parts = metric.split(separator: ".")
      #expect(try box.text(of: "r/\(parts[0]).html").contains("id=\"metric-\(parts[1])\""), "\(metric)")
    }
    let index = try box.text(of: "r/index.html")
    #expect(index.contains("thresholds failed: t0"))
    for link in HTMLText.values(of: "href", in: index) where link.contains(".html#") {
      let parts = link.split(separator: "#")
      #expect(try box.text(of: "r/\(parts[0])").contains("id=\"\(parts[1])\""), "\(link)")
    }
  }

  @Test func `a baseline shows what changed, money first and the largest first`() throws {
    _ = try write(try outcome(Self.calls(100)), to: "before")
    let baseline = try ReportBaseline(box.file("before"))
    let after = try outcome(Self.calls(400))
    let table = baseline.table(against: after.results)
    let changes = table.rows.compactMap { row -> Double? in
      if case .number(let size, .usd) = row[4] { abs(size) } else { nil }
    }
    #expect(!changes.isEmpty && changes == changes.sorted(by: >))
    #expect(try baseline.table(against: outcome(Self.calls(100)).results).rows.isEmpty)
    _ = try write(after, to: "after") { $0.baseline = baseline }
    #expect(try box.text(of: "after/index.html").contains("Changes against the baseline"))
    #expect(throws: LabFailure.self) { try ReportBaseline(box.write("{}", to: "x.json")) }
  }

  @Test func `an unknown chart library is not used, and the pages say how to get charts`() throws {
    let path = try box.write("alert(1)", to: "chart.min.js")
    #expect(ChartLibrary.load(from: path) == .failure(.unknownContent(path: path)))
    #expect(ChartLibrary.load(from: box.file("nothing")) == .failure(.notInstalled))
    let request = ReportRequest(try outcome(Self.calls(100)), folder: "r")
    let site = ReportComposer(request: request, version: "1", library: .failure(.notInstalled)).site
    #expect(!site.page(site.pages[0]).html.contains("<canvas"))
    #expect(site.indexPage().html.contains("libjs-chart.js"))
  }

  @Test func `a page alone is the page of the report`() throws {
    let outcome = try outcome(Self.calls(100))
    _ = try write(outcome, to: "r")
    let request = ReportRequest(outcome, folder: box.file("r"))
    for id in AnalyzerRegistry.ids {
      #expect(try Self.environment().reportPage(of: id, in: request) == box.bytes(of: "r/\(id).html"))
    }
    #expect(Self.environment().reportPage(of: "nothing", in: request) == nil)
  }

  @Test func `the largest amount that a sentence names decides on its place`() {
    #expect(NamedMoney.largest(in: "from $20 to $1,234.50 in all.") == 1234.5)
    #expect(NamedMoney.largest(in: "It costs $12.") == 12)
    #expect(NamedMoney.largest(in: "$, $x and no money") == 0)
  }
}
