import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPrices
import LabReport
import LabScenario
import LabTable

/// A data file to analyse, and what is asked of it.
public struct DataRequest: Sendable {
  public var path: String
  /// The scenario and price book that a person named.
  public var scenario: String?
  public var prices: String?
  public var filter = CallFilter()
  public var from: Instant?
  /// Not included.
  public var to: Instant?
  public var maxRejects: Int?
  public var rejectsPath: String?
  /// The most bytes that the table may need; nil for any number.
  public var memoryLimit: Int64?
  /// Whether we wrote it, so that an unterminated last line is torn.
  public var isOurs = false

  public init(path: String) { self.path = path }

  /// The files that are read.
  public var inputs: [String] {
    [path, UsageFilePaths(data: path).run, UsageFilePaths(data: path).customers] + [scenario, prices].compactMap { $0 }
  }
}

/// A usage file in memory with all that its analysis needs.
public struct LoadedData: Sendable {
  public var table: CallTable { didSet { shared = SharedScans() } }
  /// The calls that are meant; nil for all.
  public var selection: CallSelection? { didSet { shared = SharedScans() } }
  public var filter: CallFilter
  public var from: Instant?
  public var to: Instant?
  public var scenario: LoadedScenario?
  public var prices: PriceBook { didSet { shared = SharedScans() } }
  public var subscriptions: [SubscriptionPeriod]?
  /// What was put into the data on purpose; nil when nobody wrote it down. Never part of an analyzer's context.
  public var truth: Truth?
  /// What of the scenario's files was changed for the run that made the data, as `PATH=VALUE`.
  public var changes: [String] = []
  /// Where scenario and prices were taken from, a sentence each.
  public var basis: [String]
  /// Aggregates that the analyses of these data share, however many are made.
  public private(set) var shared = SharedScans()

  public var facts: FileFacts { table.facts }

  /// What an analyzer gets beside the table.
  public func context(in environment: LabEnvironment) -> AnalysisContext {
    var settings = AnalyzerSettings()
    if let analysis = scenario?.scenario.analysis {
      settings = AnalyzerSettings(
        slaMilliseconds: analysis.slaMilliseconds, anomalySigma: analysis.anomalySigma,
        highDailyCost: analysis.highDailyCost, requiredTags: analysis.requiredTags)
      settings.slaTargetPercent = analysis.speed.slaTargetPercent
      settings.p95LimitMilliseconds = analysis.speed.p95Limit
      settings.p99LimitMilliseconds = analysis.speed.p99Limit
      settings.firstTokenGoalMilliseconds = analysis.speed.firstTokenGoal
      settings.tokenGoalMilliseconds = analysis.speed.tokenGoal
      settings.waitingFeatures = scenario?.scenario.features.filter(\.canWait).map(\.id)
      settings.takeCharging(from: analysis)
      settings.takeRevenue(from: analysis)
    }
    settings.budgets = (scenario?.scenario.budgets ?? []).map {
      BudgetSetting(id: $0.id, monthly: $0.monthly, filter: $0.filter)
    }
    var context = AnalysisContext(
      prices: prices, settings: settings, selection: selection, subscriptions: subscriptions,
      threads: environment.threads, cancellation: environment.cancellation, shared: shared)
    context.isFiltered = !filter.isEmpty
    return context
  }

  /// The calls that fit a filter on top of those that are meant.
  package func select(_ extra: CallFilter, in environment: LabEnvironment) throws(LabFailure) -> CallSelection {
    try table.selecting(
      CallFilter(terms: filter.terms + extra.terms), from: from, to: to,
      ScanContext(width: environment.threads, cancellation: environment.cancellation))
  }

  /// A warning for each value of the filter that no call has, with the nearest ones: most are mistyped.
  package func valuesThatNoCallHas() -> [Diagnostic] {
    var warnings: [Diagnostic] = []
    for term in filter.terms {
      guard let column = UsageColumn(name: term.key), column.isCoded, column != .metadata else { continue }
      let dictionary = table.dictionary(column)
      for value in term.values where dictionary.code(of: value) == nil {
        // Among very many names the nearest is hardly what was meant, and finding it takes long.
        let known = dictionary.count <= 10_000 ? dictionary.texts : []
        warnings.append(
          Diagnostic(
            .warning, code: "no_such_value", sentence: "no call has \(term.key) '\(value)'",
            help: Suggestion.help(for: value, among: known)))
      }
    }
    return warnings
  }

  /// What should be known before any figure: rejected rows by reason, a torn line, emptiness, the part that is meant.
  package var callouts: [Callout] {
    var callouts: [Callout] = []
    if facts.rows == 0 {
      callouts.append(
        facts.rejectedRows == 0
          ? Callout(.info, "\(facts.path) has a header and no row")
          : Callout(.critical, "\(facts.path): all \(NumberFormat.grouped(facts.rejectedRows)) rows were rejected"))
    }
    if facts.rejectedRows > 0 {
      let reasons = facts.rejects.map { reject in
        let lines = reject.firstLines.map(String.init).joined(separator: ", ")
        let more = reject.count > reject.firstLines.count ? ", …" : ""
        return "\(NumberFormat.grouped(reject.count)) because \(reject.reason.sentence) (line \(lines)\(more))"
      }
      callouts.append(
        Callout(
          .warning,
          "\(NumberFormat.grouped(facts.rejectedRows)) of \(NumberFormat.grouped(facts.allRows)) rows were rejected: "
            + reasons.joined(separator: "; ")))
    }
    if let line = facts.tornLine {
      callouts.append(Callout(.warning, "the last line (\(line)) is torn and was left out"))
    }
    if !facts.unknownColumns.isEmpty {
      callouts.append(
        Callout(
          .info, "unknown columns were left out: \(facts.unknownColumns.map { "'\($0)'" }.joined(separator: ", "))"))
    }
    if !changes.isEmpty {
      callouts.append(
        Callout(
          .info, "a what-if: the scenario's files were not run as they are, but with \(changes.joined(separator: ", "))"
        ))
    }
    if let selection {
      callouts.append(
        Callout(
          .info,
          "\(NumberFormat.grouped(selection.rowCount)) of \(NumberFormat.grouped(facts.rows)) calls are looked at"
            + (filter.isEmpty ? "" : ": those with \(filter.text)")))
    }
    return callouts
  }
}

extension LabEnvironment {
  /// Loads a usage file with its scenario, prices and subscriptions: from the request, else from the record beside it, else
  /// the shipped price book.
  ///
  /// - Parameter former: the table of the same file as it was read before, when it was shorter or had another name: only
  ///   what was added is read then.
  public func load(_ request: DataRequest, extending former: CallTable? = nil) throws(LabFailure) -> LoadedData {
    // What can be wrong with the flags shows before a long load.
    if let output = request.rejectsPath { try Self.refuse(output: output, overInputs: request.inputs) }
    let record = try usableRecord(beside: request.path)
    var basis: [String] = []
    var scenario: LoadedScenario?
    if let name = request.scenario {
      scenario = try loadScenario(name)
      basis.append("scenario: \(name)")
    } else if let record {
      scenario = try loadScenario(of: record)
      basis.append("scenario: from \(record.path)")
    }
    let prices: PriceBook
    if let path = request.prices {
      prices = try loadPriceBook(path)
      basis.append("prices: \(path)")
    } else if let scenario {
      prices = scenario.prices
      basis.append("prices: those of the scenario")
    } else {
      prices = try loadPriceBook(nil)
      basis.append("prices: the shipped book \(ShippedFiles.defaultPriceBook)")
    }
    return try load(
      request, scenario: scenario, prices: prices, record: record, basis: basis, extending: former)
  }

  /// Loads what a run of a scenario has just written.
  func load(_ request: DataRequest, for scenario: LoadedScenario) throws(LabFailure) -> LoadedData {
    try load(
      request, scenario: scenario, prices: scenario.prices, record: RunRecord.beside(request.path), basis: [])
  }

  private func load(
    _ request: DataRequest, scenario: LoadedScenario?, prices: PriceBook, record: RunRecord.Summary?, basis: [String],
    extending former: CallTable? = nil
  ) throws(LabFailure) -> LoadedData {
    try checkMemory(request)
    var options = LoadOptions()
    options.width = threads
    options.endsInLineFeed = request.isOurs || record != nil || request.path.hasSuffix(".part")
    options.maxRejects = request.maxRejects
    options.rejectsPath = request.rejectsPath
    let show = { (state: LoadProgress) in
      let fraction = state.totalBytes > 0 ? Double(state.bytes) / Double(state.totalBytes) : 1
      progress(Progress(.reading, fraction: fraction, rows: Int64(state.rows)))
    }
    let table =
      if let former {
        try former.appending(at: request.path, options, cancellation: cancellation, progress: show)
      } else { try CallTable.load(request.path, options, cancellation: cancellation, progress: show) }
    var data = LoadedData(
      table: table, selection: nil, filter: request.filter, from: request.from, to: request.to, scenario: scenario,
      prices: prices, subscriptions: nil, basis: basis)
    if let record, let known = record.fingerprint, known != table.facts.fingerprint {
      data.basis.append("the data differs from what \(record.path) describes, though it has the same size")
    } else {
      if let record {
        data.subscriptions = try SubscriptionFile.beside(request.path)
        data.changes = record.changes
      }
      data.truth = truth(beside: request.path, bytes: table.facts.bytes)
    }
    if !request.filter.isEmpty || request.from != nil || request.to != nil {
      data.selection = try data.select(CallFilter(), in: self)
      for warning in data.valuesThatNoCallHas() { note(warning) }
    }
    return data
  }

  /// The record beside a data file when it describes a file of this size; says so when it doesn't.
  private func usableRecord(beside path: String) throws(LabFailure) -> RunRecord.Summary? {
    guard let record = try readableRecord(beside: path) else { return nil }
    guard FileHandle.status(of: path)?.size == record.bytes else {
      note(
        Diagnostic(
          .note, code: "record_mismatch",
          sentence: "\(record.path) describes a file of another size and is not used"))
      return nil
    }
    return record
  }

  /// The record beside a data file; says so when there is one that is damaged.
  ///
  /// - Throws: where one can't be read: without it other prices and thresholds would hold, and nobody would see why.
  private func readableRecord(beside path: String) throws(LabFailure) -> RunRecord.Summary? {
    let record = UsageFilePaths(data: path).run
    guard FileSystem.exists(record) else { return nil }
    let bytes: [UInt8]
    do throws(FileError) { bytes = try RunRecord.read(record) } catch { throw error.failure }
    if let summary = RunRecord.summary(of: bytes, path: record) { return summary }
    note(
      Diagnostic(
        .warning, code: "record_damaged", sentence: "'\(record)' is no record of a run and is not used",
        help: "the scenario, prices and subscriptions that it would tell can be given with --scenario and --prices"))
    return nil
  }

  /// The scenario and the price book inside a run's record.
  private func loadScenario(of record: RunRecord.Summary) throws(LabFailure) -> LoadedScenario {
    func bytes(_ node: JSONNode) -> [UInt8] {
      var writer = JSONWriter()
      writer.value(node)
      return writer.bytes
    }
    let prices = bytes(record.prices)
    let path = record.path
    let files = ScenarioFiles(
      read: { path throws(LabFailure) in try Project.read(path) },
      prices: { _ throws(LabFailure) in try PriceBook.read(bytes: prices, name: path) })
    return try ScenarioLoader(files: files, vocabulary: LabVocabulary.current)
      .load(bytes(record.scenario), name: path)
  }

  /// Refuses before reading when the table would need more memory than is allowed.
  private func checkMemory(_ request: DataRequest) throws(LabFailure) {
    guard let size = FileHandle.status(of: request.path)?.size else { return }
    let need = Int64(Double(size) * Self.tableBytesPerFileByte) + Self.fixedMemory
    try refuse(memory: need, for: "'\(request.path)'", help: "analyse a part of the file, or raise the limit")
    guard let limit = request.memoryLimit, need > limit else { return }
    throw LabFailure(
      .invalidInput, code: "memory_limit",
      "'\(request.path)' needs about \(NumberFormat.bytes(need)) of memory, more than the allowed \(NumberFormat.bytes(limit))",
      help: "raise --memory, or analyse a part of the file")
  }

  /// Refuses work that needs more memory than this process may have: it would end without a word.
  func refuse(memory need: Int64, for what: String, help: String) throws(LabFailure) {
    guard let allowed = MemoryAllowance.ofProcess, need > allowed.bytes else { return }
    throw LabFailure(
      .invalidInput, code: "memory_limit",
      "\(what) needs about \(NumberFormat.bytes(need)) of memory, and \(allowed.source) leaves this process \(NumberFormat.bytes(allowed.bytes))",
      help: help)
  }

  /// Resident memory of a table per byte of its file, and what the program needs beside it: upper ends of what
  /// docs/performance.md measures.
  private static let tableBytesPerFileByte = 0.6
  private static let fixedMemory: Int64 = 64_000_000
}
