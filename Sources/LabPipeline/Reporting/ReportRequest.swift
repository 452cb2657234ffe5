import LabAnalysis
import LabCore
import LabFiles
import LabReport
import LabScenario
import LabTable

/// What a report is written from, and how.
public struct ReportRequest: Sendable {
  /// The folder of the report, `reports/peak`; with ``singleFile`` the page is `reports/peak.html`.
  public var folder: String
  /// The head of every page: the scenario's name, or that of the data.
  public var title: String
  /// A sentence below the title; may be empty.
  public var description: String
  /// Facts, results, verdicts and truth: what `summary.json` holds. Analyzers without a result get a page that says so.
  public var document: FindingsDocument
  /// What should be known about the data before its figures.
  public var callouts: [Callout]
  /// Where scenario and prices were taken from, a sentence each.
  public var basis: [String]
  /// The size that the data is meant to reach, in bytes; nil when it has none.
  public var targetBytes: Int64?
  /// An earlier report to compare with.
  public var baseline: ReportBaseline?
  /// One HTML file with everything inside instead of a folder.
  public var singleFile = false
  /// When the report was made; nil leaves the line with the time out, so that equal input gives equal bytes.
  public var stamp: Instant?
  /// Whether the chart library is loaded from the network instead of being copied.
  public var usesCDN = false

  public init(
    folder: String, title: String, description: String = "", document: FindingsDocument, callouts: [Callout] = [],
    basis: [String] = []
  ) {
    self.folder = folder
    self.title = title
    self.description = description
    self.document = document
    self.callouts = callouts
    self.basis = basis
  }

  /// A report on the analysis of a data file.
  public init(_ outcome: AnalysisOutcome, folder: String? = nil) {
    let scenario = outcome.data.scenario?.scenario
    let name = scenario?.name ?? Path.stem(of: outcome.data.facts.path)
    self.init(
      folder: folder ?? Self.defaultFolder(for: outcome.data.facts.path), title: name,
      description: scenario?.description ?? "", document: outcome.document, callouts: outcome.data.callouts,
      basis: outcome.basis)
    targetBytes = scenario?.targetBytes
  }

  /// A report on a run of a scenario.
  public init(_ outcome: RunOutcome, of loaded: LoadedScenario, folder: String? = nil) {
    let scenario = loaded.scenario
    self.init(
      folder: folder ?? scenario.output.report ?? Self.defaultFolder(for: outcome.document.facts.path),
      title: scenario.name, description: scenario.description, document: outcome.document,
      callouts: outcome.data.callouts)
    targetBytes = scenario.targetBytes
  }

  /// Where the single file goes: a device or pipe as named, into a folder that is there, else the name with `.html`.
  ///
  /// - Throws: ``LabFailure`` of kind `usage` for an empty name.
  func singlePath() throws(LabFailure) -> String {
    guard !folder.isEmpty else {
      throw LabFailure(
        .usage, code: "no_output", "the output has an empty name", help: "name a file, such as -o costs.html")
    }
    if let status = FileHandle.status(of: folder) {
      if status.isDevice || status.isPipe { return folder }
      if status.isFolder {
        let name = Path.stem(of: document.facts.path)
        return Path.joined(folder, (name.isEmpty ? "report" : name) + ".html")
      }
    }
    return folder.hasSuffix(".html") ? folder : folder + ".html"
  }

  /// `reports/peak` for `data/peak.csv`.
  public static func defaultFolder(for data: String) -> String { Path.joined("reports", Path.stem(of: data)) }
}

extension Scenario {
  /// The size at which a run ends, when it is one in bytes.
  var targetBytes: Int64? {
    guard case .megabytes(let megabytes) = repeatUntil, megabytes < 9e12 else { return nil }
    return Int64(megabytes * 1e6)
  }
}

/// A report that was written.
public struct ReportOutcome: Sendable {
  /// One page of a report.
  public struct Page: Sendable {
    /// The file's name, `index.html` first.
    public var name: String
    public var title: String
    public var bytes: Int
    /// Whether it shows an analysis that failed.
    public var failed: Bool
  }

  /// The folder, or with a single file the file.
  public var path: String
  /// The page to open first.
  public var index: String
  public var pages: [Page]
  /// Why there are no charts; nil when there are.
  public var chartsMissing: ChartLibrary.Absence?
  /// All bytes that were written.
  public var bytes: Int
}
