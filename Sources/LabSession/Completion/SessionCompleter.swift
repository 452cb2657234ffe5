import LabAnalysis
import LabCore
import LabFiles
import LabPipeline
import LabPrices
import LabScenario
import LabSimulation
import LabTable

/// What may stand at the cursor: read from the command table and from what is loaded.
struct SessionCompleter {
  private let session: Session

  init(_ session: Session) { self.session = session }

  /// The longest text that all candidates share behind what is typed; else the candidates.
  func completion(for line: String) -> LineEditor.Completion {
    let (typed, candidates) = candidates(for: line)
    guard let first = candidates.first else { return .init(insertion: "", choices: []) }
    let shared = candidates.dropFirst().reduce(first) { String(zip($0, $1).prefix { $0 == $1 }.map(\.0)) }
    var insertion = String(shared.dropFirst(typed.count))
    // A whole word is followed by the next; a folder or a half value goes on.
    if candidates.count == 1, let last = shared.last, !"/=[.".contains(last) { insertion += " " }
    return .init(insertion: insertion, choices: candidates)
  }

  /// The word at the end of a line and the words that begin with it, sorted.
  func candidates(for line: String) -> (typed: String, words: [String]) {
    let split = SessionWords(line)
    var words = split.words
    let typed = split.isInWord ? words.popLast() ?? "" : ""
    guard let name = words.first else {
      let mark = typed.first.flatMap { ".:\\".contains($0) && typed.count >= 1 ? String($0) : nil } ?? ""
      let known = SessionCommands.all.flatMap { [$0.name] + $0.aliases }.map { mark + $0 }
      return (typed, Self.matching(known, typed))
    }
    guard let command = SessionCommands.command(Session.withoutMark(name)) else { return (typed, []) }
    if typed.hasPrefix("-") {
      let options = command.usage.split { !$0.isLetter && $0 != "-" }.map(String.init).filter { $0.hasPrefix("--") }
      return (typed, Self.matching(options, typed))
    }
    if let option = words.last, option.hasPrefix("--metric") {
      return (typed, Self.matching(AnalyzerRegistry.metricNames, typed))
    }
    guard let argument = command.argument(at: words.count - 1) else { return (typed, []) }
    return (typed, Self.matching(known(argument, typed: typed, before: words), typed))
  }

  private static func matching(_ candidates: [String], _ typed: String) -> [String] {
    Array(Set(candidates.filter { $0.hasPrefix(typed) })).sorted()
  }

  private func known(_ argument: SessionCommand.Argument, typed: String, before: [String]) -> [String] {
    let table = session.state.data?.data.table
    switch argument {
    case .source: return scenarioNames + runs + files(typed)
    case .path: return session.state.scenario?.loaded.completionPaths(startingWith: typed) ?? []
    case .value: return before.last.map { values(at: $0) } ?? []
    case .analyzer: return AnalyzerRegistry.ids
    case .metric: return AnalyzerRegistry.metricNames + (before.count == 1 ? ["threshold"] : [])
    case .measure: return SessionMeasure.names
    case .dimension: return SessionDimension.names(of: table)
    case .filter: return filters(typed, table)
    case .variation:
      return session.state.scenario?.loaded.completionPaths(startingWith: typed).map { Self.assigned($0) } ?? []
    case .file: return files(typed)
    case .run: return (before.first == "baseline" && before.last != "set" ? [] : runs + files(typed))
    case .command: return SessionCommands.all.map(\.name) + ["keys"]
    case .id: return describable
    case .choice(let words):
      if before.first == "expect", before.count == 2, before[1] == "threshold" {
        return session.state.scenario?.loaded.scenario.thresholds.map(\.id) ?? []
      }
      return words
    case .text:
      return before.first == "expect" && before.count == 3 && before[1] == "threshold" ? ["pass", "warn", "fail"] : []
    }
  }

  private static func assigned(_ path: String) -> String {
    path.hasSuffix(".") || path.hasSuffix("[") ? path : path + "="
  }

  private var scenarioNames: [String] {
    (session.environment.project.projectScenarios() + ShippedFiles.scenarioNames).map { Path.stem(of: $0) }
  }

  private var runs: [String] {
    let kept = session.environment.runs?.numbers.count ?? session.state.runs.count
    return (0..<min(kept, 10)).map { $0 == 0 ? "@" : "@-\($0)" } + (kept > 0 ? ["baseline"] : [])
  }

  private var describable: [String] {
    scenarioNames + PatternRegistry.descriptors.map(\.id) + AnalyzerRegistry.ids + AnalyzerRegistry.metricNames
      + UsageColumn.allCases.map(\.name)
      + ((try? session.environment.loadPriceBook(nil))?.models.map(\.model) ?? [])
  }

  /// The value that holds, and those that the scenario's format allows.
  private func values(at path: String) -> [String] {
    guard let loaded = session.state.scenario?.loaded else { return [] }
    var values = loaded.suggestedValues(at: path, LabVocabulary.current)
    if let now = loaded.text(at: path), now.count < 80 { values.append(now.filter { $0 != "\"" }) }
    return values
  }

  /// Values of a column that a person may want to see; a million customers are none.
  private static let valueLimit = 2000

  /// `KEY=`, then `KEY=VALUE` with the values that the data has.
  private func filters(_ typed: String, _ table: CallTable?) -> [String] {
    guard let sign = typed.firstIndex(of: "=") else {
      return SessionDimension.names(of: table).filter { $0 != "day" && $0 != "hour" }.map { $0 + "=" } + ["off"]
    }
    let key = String(typed[..<sign])
    guard let table else { return [] }
    let values: [String]
    if key.hasPrefix("metadata.") {
      values = table.tagValues(String(key.dropFirst("metadata.".count)))
    } else if let column = UsageColumn(name: key), column.isCoded, table.dictionary(column).count <= Self.valueLimit {
      values = table.dictionary(column).texts
    } else {
      values = []
    }
    return values.map { "\(key)=\($0)" }
  }

  /// The files below the folder that is typed; folders end in a slash.
  private func files(_ typed: String) -> [String] {
    let folder = typed.contains("/") ? String(typed[...(typed.lastIndex(of: "/") ?? typed.startIndex)]) : ""
    let names = (try? FileSystem.names(in: folder.isEmpty ? "." : folder)) ?? []
    return names.filter { !$0.hasPrefix(".") || typed.dropFirst(folder.count).hasPrefix(".") }.map { name in
      let path = folder + name
      return FileHandle.status(of: path)?.isFolder == true ? path + "/" : path
    }
  }
}
