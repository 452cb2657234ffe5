import Foundation
import LabReport
import LabTestSupport

@testable import LabRendering

/// The reports that the browser looks at: made once, by the built program from reduced scenarios, and one of sample blocks.
struct Gallery {
  let folder: TemporaryFolder

  /// Calls per hour of the reduced scenarios: a few thousand calls each.
  private static let rates = [
    ("peak", 12), ("showcase", 6), ("incidents", 6), ("agents", 6), ("calm", 6),
  ]

  static let shared = Result { try Gallery() }

  /// Facts of every page, by one run of the browser.
  static let audits = Result { try Browser.audit(shared.get().jobs) }

  private init() throws {
    folder = try TemporaryFolder("gallery")
    for (name, rate) in Self.rates
    where FileManager.default.fileExists(atPath: PackageRoot.file("scenarios/\(name).json")) {
      let set = "traffic.calls_per_hour=\(rate)"
      try run(["run", name, "--set", set, "--quiet"], allowing: [0, 99])
    }
    try folder.write(Self.hostileCSV, to: "data/hostile.csv")
    try run(["report", "data/hostile.csv", "--stamp", "none"])
    try folder.write(Self.header + "\n", to: "data/empty.csv")
    try run(["report", "data/empty.csv"])
    try run(["report", "data/hostile.csv", "--single-file", "-o", "reports/single.html"])
    try writeSamples()
  }

  private func run(_ arguments: [String], allowing codes: Set<Int32> = [0]) throws {
    let run = try ProcessRun.run(
      PackageRoot.builtProduct("finops-lab"), arguments, environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"],
      workingDirectory: folder.path, timeout: 240)
    guard let code = run.exitCode, codes.contains(code) else {
      throw Browser.Failure(text: "\(arguments): \(run.errors)")
    }
  }

  /// Pages of the sample blocks, with every kind of chart and with hostile text in every place.
  private func writeSamples() throws {
    let chart = try [UInt8](Data(contentsOf: URL(fileURLWithPath: "/usr/share/javascript/chart.js/chart.min.js")))
    let library = String(decoding: chart, as: UTF8.self)
    let pages = [Sample.report, Sample.hostileReport].map { report in
      ReportSite.Page(
        id: report.id, title: report.title, question: report.question, domain: "Sample", state: .complete,
        blocks: report.blocks)
    }
    let site = ReportSite(
      title: "Samples", description: "", lead: [], figures: [], lists: [], callouts: [], tables: [], pages: pages,
      facts: [], version: "0", stamp: nil, charts: .included(library))
    for page in [site.indexPage()] + pages.map({ site.page($0) }) {
      try folder.write(page.html, to: "reports/samples/" + page.name)
      for table in page.tables { try folder.write(table.bytes, to: "reports/samples/" + table.name) }
    }
    try folder.write(ReportAssets.styleSheet, to: "reports/samples/assets/report.css")
    try folder.write(ReportAssets.script, to: "reports/samples/assets/report.js")
    try folder.write(chart, to: "reports/samples/assets/chart.min.js")
  }

  /// The pages below `reports`, sorted. The accessibility rules look at every page of two reports, since the others have the
  /// same blocks.
  var jobs: [Browser.Job] {
    let files = FileManager.default.subpaths(atPath: folder.file("reports")) ?? []
    return files.filter { $0.hasSuffix(".html") }.sorted().map { name in
      Browser.Job(
        page: folder.file("reports/" + name),
        axe: ["showcase/", "samples/", "hostile/index", "empty/index", "single"].contains { name.hasPrefix($0) },
        interact: name.hasPrefix("showcase/"))
    }
  }

  // MARK: Hostile data

  private static let header =
    "timestamp,organization_id,product_id,feature_id,customer_id,provider,model,region,input_tokens,output_tokens,"
    + "total_tokens,latency_ms,cost_usd,status,error_type,metadata"

  /// A usage file whose every name is an attack on whoever shows it.
  private static var hostileCSV: String {
    let names = [
      "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "</script><script>x()",
      "\u{202e}gnp.exe", "\u{2066}isolate\u{2069}", String(repeating: "long", count: 2500), "=HYPERLINK(\"http://x\")",
      "+1+1", "-2+3", "@SUM(A1)", "\tTab", "&amp;&lt;b&gt;", "javascript:alert(1)", "{{7*7}}", "${7*7}", "\u{2028}line",
    ]
    var lines = [header]
    for index in 0..<340 {
      func name(_ shift: Int) -> String {
        let text = names[(index + shift) % names.count].split(separator: "\"", omittingEmptySubsequences: false)
        return "\"\(text.joined(separator: "\"\""))\""
      }
      let day = index % 20 + 5
      let fields =
        ["2026-01-\(day < 10 ? "0" : "")\(day)T1\(index % 10):00:00Z"] + (0..<7).map { name($0 * 3) }
        + ["100", "20", "120", "\(100 + index)", "0.0\(10 + index % 80)", "success", "", "\"{\"\"a\"\":\"\"<b>\"\"}\""]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
