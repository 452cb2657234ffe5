import LabCore
import LabJSON
import LabReport
import LabTable

/// What one analyzer found, its type erased: what the command line, reports and thresholds work with.
public struct AnalyzerResult: Sendable {
  public let id: String
  /// Every metric of the descriptor, in its order; all without a value after an error.
  public let summary: [Metric]
  public let report: Report
  /// Largest monthly effect first.
  public let recommendations: [Recommendation]
  public let abstentions: [Abstention]
  /// What its detectors report, in the order of the findings.
  public let detections: [Detection]
  /// Nil when the analysis succeeded.
  public let error: AnalysisError?
  private let findings: (any Encodable & Sendable)?

  init(
    id: String, summary: [Metric], report: Report, recommendations: [Recommendation], abstentions: [Abstention],
    detections: [Detection] = [], findings: (any Encodable & Sendable)?, error: AnalysisError? = nil
  ) {
    self.id = id
    self.summary = summary
    self.report = report
    self.recommendations = recommendations
    self.abstentions = abstentions
    self.detections = detections
    self.findings = findings
    self.error = error
  }

  /// The same with a metric that only somebody beside the analyzer can know, in the summary and in the report.
  ///
  /// - Parameter reason: why it stays unknown when `value` is nil.
  package func filling(_ metric: String, with value: MetricValue?, else reason: String) -> AnalyzerResult {
    func filled(_ old: Metric) -> Metric {
      old.id == metric
        ? Metric(id: old.id, label: old.label, value: value, unit: old.unit, unknownBecause: reason) : old
    }
    func filled(_ block: ReportBlock) -> ReportBlock {
      switch block {
      case .metrics(let metrics): return .metrics(metrics.map(filled))
      case .section(var section):
        section.blocks = section.blocks.map(filled)
        return .section(section)
      case .table, .chart, .callout, .recommendations: return block
      }
    }
    var report = report
    report.blocks = report.blocks.map(filled)
    return AnalyzerResult(
      id: id, summary: summary.map(filled), report: report, recommendations: recommendations,
      abstentions: abstentions, detections: detections, findings: findings, error: error)
  }

  /// The value of a summary metric; nil when it is unknown or there is none of that name.
  public func value(of metric: String) -> MetricValue? { summary.first { $0.id == metric }?.value }

  /// Writes the findings as one JSON value: an object, or `null` after an error.
  public func encodeFindings(into writer: inout JSONWriter) throws(AnalysisError) {
    guard let findings else { return writer.null() }
    do {
      try FindingsEncoder.encode(findings, into: &writer)
    } catch {
      throw .encoding(analyzer: id, problem: "\(error)")
    }
  }
}

extension Analyzer {
  /// Runs the analyzer and keeps what it found, or the error. Without a column that it needs it abstains as a whole.
  func result(for calls: CallTable, in context: AnalysisContext) -> AnalyzerResult {
    let descriptor = Self.descriptor
    let missing = descriptor.needs.filter { !calls.has($0.column) }
    guard missing.isEmpty else {
      let abstentions = missing.map {
        Abstention(section: descriptor.id, reason: Abstention.reason(missing: $0.column))
      }
      return incomplete(descriptor, reason: abstentions[0].reason, abstentions: abstentions, error: nil)
    }
    do throws(AnalysisError) {
      let findings = try analyze(calls, in: context)
      return AnalyzerResult(
        id: descriptor.id, summary: summary(of: findings),
        report: Report(
          id: descriptor.id, title: descriptor.title, question: descriptor.question, blocks: report(on: findings)),
        recommendations: Recommendation.ordered(recommendations(of: findings)),
        abstentions: abstentions(of: findings), detections: detections(of: findings), findings: findings)
    } catch {
      return incomplete(descriptor, reason: error.sentence, abstentions: [], error: error)
    }
  }

  private func incomplete(
    _ descriptor: AnalyzerDescriptor, reason: String, abstentions: [Abstention], error: AnalysisError?
  ) -> AnalyzerResult {
    let level: Callout.Level = error == nil ? .info : .critical
    return AnalyzerResult(
      id: descriptor.id, summary: descriptor.metrics.map { descriptor.metric($0.id, nil, unknownBecause: reason) },
      report: Report(
        id: descriptor.id, title: descriptor.title, question: descriptor.question,
        blocks: [.callout(Callout(level, "\(descriptor.title): no figures, since \(reason)"))]),
      recommendations: [], abstentions: abstentions, findings: nil, error: error)
  }
}
