import LabAnalysis
import LabCore
import LabJSON
import LabRendering
import LabReport
import LabScenario
import LabTable

/// Everything that an analysis found, as JSON of the format `finops-lab/findings/1`: what `--format json` and `--json` write.
public struct FindingsDocument: Sendable {
  public static let format = "finops-lab/findings/1"

  public var facts: FileFacts
  /// The scenario's name; nil when none is known.
  public var scenario: String?
  /// How many calls a filter let through, and the filter; nil without one.
  public var selected: Int?
  public var filter: CallFilter
  public var results: [AnalyzerResult]
  public var verdicts: [Verdict]
  public var scores: [DetectionScore]

  public init(
    facts: FileFacts, scenario: String? = nil, selected: Int? = nil, filter: CallFilter = CallFilter(),
    results: [AnalyzerResult], verdicts: [Verdict], scores: [DetectionScore] = []
  ) {
    self.facts = facts
    self.scenario = scenario
    self.selected = selected
    self.filter = filter
    self.results = results
    self.verdicts = verdicts
    self.scores = scores
  }

  /// Writes the document as one JSON value.
  ///
  /// - Parameter threads: how many analyzers may be written at a time.
  /// - Throws: ``LabFailure`` of kind `internalError` when findings can't be encoded.
  public func write(to writer: inout JSONWriter, threads: Int = 1) throws(LabFailure) {
    writer.beginObject()
    writer.key("format")
    writer.value(Self.format)
    if let scenario {
      writer.key("scenario")
      writer.value(scenario)
    }
    writeData(to: &writer)
    writer.key("analyzers")
    writer.beginObject()
    let (results, place) = (results, writer.fragment())
    // The longest begins first, so that no thread has it left when the others are done.
    let rows = results.map { $0.report.tables.reduce(0) { $0 + $1.rows.count } }
    let order = results.indices.sorted { (rows[$1], $0) < (rows[$0], $1) }
    let fragments = try Parallel.map(count: results.count, width: threads) { turn throws(LabFailure) -> JSONWriter in
      var fragment = place
      try Self.write(results[order[turn]], to: &fragment)
      return fragment
    }
    let turns = Dictionary(uniqueKeysWithValues: order.enumerated().map { ($1, $0) })
    for (index, result) in results.enumerated() {
      guard let turn = turns[index] else { continue }
      writer.key(result.id)
      writer.value(fragments[turn])
    }
    writer.endObject()
    writer.key("thresholds")
    writer.beginArray()
    for verdict in verdicts { Self.write(verdict, to: &writer) }
    writer.endArray()
    writer.key("truth")
    writer.beginObject()
    for score in scores {
      writer.key(score.detector.rawValue)
      Self.write(score, to: &writer)
    }
    writer.endObject()
    writer.endObject()
  }

  /// The document as a file's bytes.
  public func json(threads: Int = 1) throws(LabFailure) -> [UInt8] {
    var writer = JSONWriter()
    try write(to: &writer, threads: threads)
    writer.endLine()
    return writer.bytes
  }

  /// One document, or several as an array.
  public static func json(of documents: [FindingsDocument]) throws(LabFailure) -> [UInt8] {
    if documents.count == 1 { return try documents[0].json() }
    var writer = JSONWriter()
    writer.beginArray()
    for document in documents { try document.write(to: &writer) }
    writer.endArray()
    writer.endLine()
    return writer.bytes
  }

  private func writeData(to writer: inout JSONWriter) {
    writer.key("data")
    writer.beginObject()
    writer.key("file")
    writer.value(facts.path)
    writer.key("rows")
    writer.value(facts.rows)
    writer.key("bytes")
    writer.value(facts.bytes)
    writer.key("fingerprint")
    writer.value(facts.fingerprint.description)
    for (name, instant) in [("start", facts.timeRange?.lowerBound), ("end", facts.timeRange?.upperBound)] {
      writer.key(name)
      if let instant { writer.value(instant) } else { writer.null() }
    }
    if let selected {
      writer.key("selected_rows")
      writer.value(selected)
      writer.key("where")
      Self.write(filter, to: &writer)
    }
    writer.key("rejects")
    writer.beginObject()
    for reject in facts.rejects {
      writer.key(reject.reason.name)
      writer.value(reject.count)
    }
    writer.endObject()
    writer.endObject()
  }

  private static func write(_ result: AnalyzerResult, to writer: inout JSONWriter) throws(LabFailure) {
    writer.beginObject()
    writer.key("summary")
    writer.beginObject()
    for metric in result.summary {
      writer.key(metric.id)
      JSONRenderer.write(metric.value, into: &writer)
    }
    writer.endObject()
    writer.key("findings")
    do throws(AnalysisError) { try result.encodeFindings(into: &writer) } catch { throw error.failure }
    writer.key("recommendations")
    writer.beginArray()
    for recommendation in result.recommendations { JSONRenderer.write(recommendation, into: &writer) }
    writer.endArray()
    writer.key("abstained")
    writer.beginArray()
    for abstention in result.abstentions {
      writer.beginObject()
      writer.key("section")
      writer.value(abstention.section)
      writer.key("reason")
      writer.value(abstention.reason)
      writer.endObject()
    }
    writer.endArray()
    writer.key("error")
    if let error = result.error { writer.value(error.sentence) } else { writer.null() }
    writer.endObject()
  }

  private static func write(_ score: DetectionScore, to writer: inout JSONWriter) {
    writer.beginObject()
    let figures = [
      ("precision", score.precision), ("recall", score.recall), ("hours_to_detect", score.hoursToDetect),
      ("kind_accuracy", score.kindAccuracy),
    ]
    for (key, figure) in figures {
      writer.key(key)
      if let figure { writer.value(figure) } else { writer.null() }
    }
    let counts = [
      ("eligible", score.eligible), ("found", score.found), ("right", score.right),
      ("false_alarms", score.falseAlarms), ("neutral", score.neutral),
    ]
    for (key, count) in counts {
      writer.key(key)
      writer.value(count)
    }
    writer.endObject()
  }

  private static func write(_ verdict: Verdict, to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("id")
    writer.value(verdict.threshold.id)
    writer.key("metric")
    writer.value(verdict.threshold.metric)
    writer.key("must")
    writer.value(verdict.threshold.must.description)
    writer.key("value")
    JSONRenderer.write(verdict.value, into: &writer)
    writer.key("passed")
    writer.value(verdict.passed)
    writer.key("severity")
    writer.value(verdict.threshold.severity.rawValue)
    if !verdict.threshold.filter.isEmpty {
      writer.key("where")
      write(verdict.threshold.filter, to: &writer)
    }
    writer.endObject()
  }

  private static func write(_ filter: CallFilter, to writer: inout JSONWriter) {
    writer.beginObject()
    for term in filter.terms {
      writer.key(term.key)
      writer.beginArray()
      for value in term.values { writer.value(value) }
      writer.endArray()
    }
    writer.endObject()
  }
}
