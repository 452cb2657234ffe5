import LabReport

/// The spots of a page that a sentence elsewhere can lead to, with the names that the page gives them.
public struct PageSpots: Sendable {
  public private(set) var metrics: [(metric: Metric, anchor: String)] = []
  public private(set) var callouts: [(callout: Callout, anchor: String)] = []
  /// Those that the page doesn't show have no anchor.
  public private(set) var recommendations: [(recommendation: Recommendation, anchor: String?)] = []
  public private(set) var charts: [(chart: Chart, anchor: String)] = []

  public init(_ blocks: [ReportBlock]) {
    var anchors = PageAnchors()
    collect(blocks, &anchors)
  }

  private mutating func collect(_ blocks: [ReportBlock], _ anchors: inout PageAnchors) {
    for block in blocks {
      switch block {
      case .metrics(let list): for metric in list { metrics.append((metric, anchors.next(metric: metric))) }
      case .callout(let callout): callouts.append((callout, anchors.nextCallout()))
      case .recommendations(let list):
        for (index, recommendation) in Recommendation.ordered(list).enumerated() {
          recommendations.append((recommendation, index < BlockWriter.actionLimit ? anchors.nextAction() : nil))
        }
      case .chart(let chart): charts.append((chart, anchors.next(chart: chart)))
      case .section(let section): collect(section.blocks, &anchors)
      case .table: break
      }
    }
  }
}
