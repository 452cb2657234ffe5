/// Lets a report be written as a list of blocks, with `if`, `switch` and `for` between them.
///
/// Metrics, tables, charts, callouts, recommendations and sections may stand alone; each becomes its block.
@resultBuilder public enum ReportBuilder {
  public static func buildExpression(_ block: ReportBlock) -> [ReportBlock] { [block] }
  public static func buildExpression(_ blocks: [ReportBlock]) -> [ReportBlock] { blocks }
  public static func buildExpression(_ metrics: [Metric]) -> [ReportBlock] {
    metrics.isEmpty ? [] : [.metrics(metrics)]
  }
  public static func buildExpression(_ table: ReportTable) -> [ReportBlock] { [.table(table)] }
  public static func buildExpression(_ table: ReportTable?) -> [ReportBlock] { table.map { [.table($0)] } ?? [] }
  public static func buildExpression(_ chart: Chart) -> [ReportBlock] { [.chart(chart)] }
  public static func buildExpression(_ chart: Chart?) -> [ReportBlock] { chart.map { [.chart($0)] } ?? [] }
  public static func buildExpression(_ callout: Callout) -> [ReportBlock] { [.callout(callout)] }
  public static func buildExpression(_ callout: Callout?) -> [ReportBlock] { callout.map { [.callout($0)] } ?? [] }
  public static func buildExpression(_ section: ReportBlock.Section) -> [ReportBlock] { [.section(section)] }
  public static func buildExpression(_ recommendations: [Recommendation]) -> [ReportBlock] {
    recommendations.isEmpty ? [] : [.recommendations(recommendations)]
  }

  public static func buildBlock(_ parts: [ReportBlock]...) -> [ReportBlock] { parts.flatMap { $0 } }
  public static func buildOptional(_ part: [ReportBlock]?) -> [ReportBlock] { part ?? [] }
  public static func buildEither(first part: [ReportBlock]) -> [ReportBlock] { part }
  public static func buildEither(second part: [ReportBlock]) -> [ReportBlock] { part }
  public static func buildArray(_ parts: [[ReportBlock]]) -> [ReportBlock] { parts.flatMap { $0 } }
}
