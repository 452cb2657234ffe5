import LabCore
import LabReport
import LabTable

/// One question that the lab answers from a table of calls: stateless, in any order with the others, from rows alone.
///
/// An analyzer is one file in `Analyzers/` (or a folder when it needs several) and one line in ``AnalyzerRegistry/all``. It
/// keeps the rules of docs/analyzers.md: nothing is invented, totals tie out, small samples and missing columns abstain.
public protocol Analyzer: Sendable {
  /// What JSON shows under `findings`: figures with the names that hold.
  associatedtype Findings: Encodable & Sendable

  static var descriptor: AnalyzerDescriptor { get }

  /// The figures for the selected calls of a table, with any number of rows, none included.
  ///
  /// - Throws: ``AnalysisError/cancelled`` at a checkpoint, at least every 65,536 rows of a thread.
  func analyze(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> Findings

  /// The passes over the calls that the analysis will ask its context for, so that those of several analyzers are made in
  /// one reading. None is a fine answer, too.
  func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest]

  /// Whether it fills much memory for a short time. Such analyzers run first, so that those whose aggregates stay take up that
  /// memory again.
  static var needsRoom: Bool { get }

  /// The summary metrics: exactly those of the descriptor, in its order. A figure that can't be known has no value.
  func summary(of findings: Findings) -> [Metric]

  /// What could be done, each with its evidence. None is a fine answer.
  func recommendations(of findings: Findings) -> [Recommendation]

  /// The sections that say nothing, each with the reason.
  func abstentions(of findings: Findings) -> [Abstention]

  /// What detectors report, for scoring against the truth.
  func detections(of findings: Findings) -> [Detection]

  /// The blocks of the report; every number in them is in the findings.
  @ReportBuilder func report(on findings: Findings) -> [ReportBlock]
}

extension Analyzer {
  public static var needsRoom: Bool { false }
  public func passes(over calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> [JointRequest] { [] }
  public func recommendations(of findings: Findings) -> [Recommendation] { [] }
  public func abstentions(of findings: Findings) -> [Abstention] { [] }
  public func detections(of findings: Findings) -> [Detection] { [] }

  /// The id that people type.
  public static var id: String { descriptor.id }
}
