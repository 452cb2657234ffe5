import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabReport

/// The figures of an earlier report, to compare a new one with.
public struct ReportBaseline: Sendable {
  /// Where it was read from.
  public var path: String
  /// Figures by analyzer and metric; what was unknown is left out.
  public var values: [String: [String: Double]]

  /// Reads a `summary.json` or the report's folder that holds one.
  ///
  /// - Throws: ``LabFailure`` `notFound`, or `invalidInput` when it is no findings file of ours.
  public init(_ path: String) throws(LabFailure) {
    let file = FileHandle.status(of: path)?.isFolder == true ? Path.joined(path, "summary.json") : path
    let root = try JSONReader.read(Project.read(file, limit: 1 << 30), name: file).root
    guard root["format"]?.string == FindingsDocument.format, case .object(let analyzers) = root["analyzers"]?.value
    else {
      throw LabFailure(
        .invalidInput, code: "no_findings", "'\(file)' is no findings file of the lab",
        help: "name a report's folder or its summary.json")
    }
    self.path = file
    values = [:]
    for analyzer in analyzers {
      guard case .object(let metrics) = analyzer.node["summary"]?.value else { continue }
      for metric in metrics { values[analyzer.key, default: [:]][metric.key] = metric.node.number?.double }
    }
  }

  /// Rows that are shown at first.
  private static let shownRows = 15

  /// What changed: money first, the largest change first, then the other figures by relative change.
  func table(against results: [AnalyzerResult]) -> ReportTable {
    var changes: [(row: [Cell], isMoney: Bool, size: Double)] = []
    var same = 0
    var seen: Set<String> = []
    for result in results {
      guard let former = values[result.id] else { continue }
      for metric in result.summary {
        guard let before = former[metric.id], let now = metric.value?.double else { continue }
        // Figures that several analyzers share are one figure.
        guard seen.insert("\(metric.id) \(before) \(now)").inserted else { continue }
        guard before != now else {
          same += 1
          continue
        }
        let percent = before != 0 ? (now - before) / abs(before) * 100 : nil
        let isMoney = metric.unit == .usd
        changes.append(
          (
            [
              .text(metric.label), .text(AnalyzerRegistry.descriptor(result.id)?.title ?? result.id),
              .number(before, metric.unit), .number(now, metric.unit), .number(now - before, metric.unit),
              percent.map { .percent($0) } ?? .missing("from zero"),
            ], isMoney, isMoney ? abs(now - before) : abs(percent ?? .infinity)
          ))
      }
    }
    let order = changes.enumerated().sorted { left, right in
      let (one, other) = (left.element, right.element)
      if one.isMoney != other.isMoney { return one.isMoney }
      return one.size != other.size ? one.size > other.size : left.offset < right.offset
    }
    return ReportTable(
      id: "baseline", title: "Changes against the baseline",
      columns: [
        .key("metric", "Figure"), .note("analyzer", "Page"), .init("before", "Before"), .init("now", "Now"),
        .init("change", "Change"), .init("change_pct", "Change in percent", unit: .percent),
      ], rows: order.map(\.element.row), shownLimit: Self.shownRows,
      sortNote: "money first, largest change first",
      note: "Compared with \(path). \(NumberFormat.counted(same, "figure")) \(same == 1 ? "is" : "are") the same.")
  }
}
