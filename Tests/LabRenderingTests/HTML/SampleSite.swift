import LabCore
import LabReport
import LabTestSupport

@testable import LabRendering

extension Sample {
  /// A report with a page of every kind of block, a page of hostile text, one that failed and one that is missing.
  static func site(_ charts: ReportSite.Charts = .included("\"use strict\";"), stamp: Instant? = nil) -> ReportSite {
    let blocks = report.blocks
    let spots = PageSpots(blocks)
    return ReportSite(
      title: "peak", description: "Two weeks around a launch.",
      lead: [.init("1 call cost $2.", at: ReportPlace(page: report.id, anchor: spots.metrics[0].anchor))],
      figures: [(metrics[0], ReportPlace(page: report.id, anchor: spots.metrics[0].anchor))],
      lists: [
        .init(
          "Needs attention",
          [
            .init(
              hostile[10], at: ReportPlace(page: report.id, anchor: spots.callouts[0].anchor), level: .critical,
              amount: "$5.00 beyond"),
            .init("Cache it.", at: ReportPlace(page: report.id, anchor: spots.recommendations[0].anchor)),
          ])
      ],
      callouts: [Callout(.warning, "1 of 5 rows was rejected")], tables: [table()],
      pages: [
        .init(
          id: report.id, title: report.title, question: report.question, domain: "FinOps", state: .complete,
          blocks: blocks, figures: [metrics[0], metrics[3]],
          finding: .init(
            spots.charts[0].chart.title, at: ReportPlace(page: report.id, anchor: spots.charts[0].anchor)),
          method: ["Cost is summed."], limits: [("Days", "14", "a season has seven")]),
        .init(
          id: "hostile", title: hostile[10], question: hostile[5], domain: "Advanced", state: .complete,
          blocks: hostileReport.blocks),
        .init(
          id: "broken", title: "Broken", question: "?", domain: "Advanced", state: .failed,
          blocks: [.callout(Callout(.critical, "it failed"))]),
        .init(id: "later", title: "Later", question: "?", domain: "Advanced", state: .missing, blocks: []),
      ], facts: [("Data", hostile[8])], version: "1.2.3", stamp: stamp, charts: charts)
  }

  /// All pages of a site.
  static func pages(of site: ReportSite) -> [RenderedPage] { [site.indexPage()] + site.pages.map { site.page($0) } }
}
