import LabCore
import LabFiles
import LabJSON
import LabReport

/// The runs that a project keeps, `.finops-lab/runs/NNNN/`, newest last.
///
/// A run is written into a folder of another name and then takes its number in one step, so a crash leaves no half run and
/// two processes never take the same number.
public struct RunArchive: Sendable {
  /// How many runs are kept; the oldest go first, the baseline stays.
  public static let limit = 50

  /// `…/.finops-lab/runs`.
  public let folder: String

  public init(folder: String) { self.folder = folder }

  /// The archive of a project's root.
  init(ofProject root: String) { folder = Path.joined(root, ".finops-lab/runs") }

  private static let newPrefix = ".new-"
  private static let oldPrefix = ".old-"
  /// An unfinished folder that nobody has touched for so long belongs to a process that is gone.
  private static let staleAfter = TimeSpan.minutes(60)

  // MARK: Reading

  /// The numbers of the kept runs, rising.
  public var numbers: [Int] {
    let names = (try? FileSystem.names(in: folder)) ?? []
    return names.compactMap { name in
      // No run of ours has more digits, and none is named otherwise.
      guard name.utf8.count <= 9, name.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(name),
        Self.name(of: number) == name
      else { return nil }
      return number
    }.sorted()
  }

  /// What is known of every kept run without reading its figures, newest first. Damaged ones are left out.
  public func list() -> [KeptRun] {
    numbers.reversed().compactMap { KeptRunFiles.recordOnly(in: path(of: $0), number: $0) }
  }

  /// The run of a number.
  public func run(_ number: Int) throws(LabFailure) -> KeptRun {
    guard numbers.contains(number) else {
      throw LabFailure(
        .notFound, code: "no_run", "there is no run \(number)", help: "'finops-lab list runs' shows those that are kept"
      )
    }
    guard let run = KeptRunFiles.read(from: path(of: number), number: number) else {
      throw LabFailure(.invalidInput, code: "damaged_run", "run \(number) in '\(folder)' is damaged")
    }
    return run
  }

  /// The run that `@`, `@-1`, `baseline` or a number names; nil for another text.
  public func find(_ text: String) throws(LabFailure) -> KeptRun? {
    if text == "baseline" {
      guard let baseline else {
        throw LabFailure(
          .notFound, code: "no_baseline", "no baseline is set", help: "'baseline set @' makes the last run the baseline"
        )
      }
      return try run(baseline)
    }
    if let back = Self.stepsBack(text) {
      let numbers = numbers
      guard back < numbers.count else {
        throw LabFailure(
          .notFound, code: "no_run",
          numbers.isEmpty ? "no run is kept yet" : "only \(NumberFormat.counted(numbers.count, "run")) back are kept")
      }
      return try run(numbers[numbers.count - 1 - back])
    }
    // A file of that name is meant before a run of that number.
    if let number = Int(text), number > 0, text.utf8.count <= 9, !FileSystem.exists(text) { return try run(number) }
    let inFolder = Path.normalised(text)
    if Path.folder(of: inFolder) == Path.normalised(folder), let number = Int(Path.name(of: inFolder)) {
      return try run(number)
    }
    return nil
  }

  /// How many runs back `@`, `@-1`, … mean; nil for another text.
  public static func stepsBack(_ text: String) -> Int? {
    if text == "@" { return 0 }
    guard text.hasPrefix("@-"), let back = Int(text.dropFirst(2)), back >= 0 else { return nil }
    return back
  }

  /// The effective scenario of a kept run; its price book stands beside it.
  package func scenarioPath(of number: Int) -> String { Path.joined(path(of: number), KeptRunFiles.scenario) }

  private func path(of number: Int) -> String { Path.joined(folder, Self.name(of: number)) }

  private static func name(of number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
  }

  // MARK: Baseline

  private var baselinePath: String { Path.joined(folder, "baseline") }

  /// The number of the run that others are compared with.
  public var baseline: Int? {
    guard let bytes = try? FileSystem.read(baselinePath, limit: 64) else { return nil }
    return Int(String(decoding: bytes, as: UTF8.self).filter { $0 != "\n" })
  }

  /// Makes a run the baseline; it is then never dropped.
  public func setBaseline(_ number: Int) throws(LabFailure) {
    do throws(FileError) { try FileSystem.replace(baselinePath, with: Array("\(number)\n".utf8)) } catch {
      throw error.failure
    }
  }

  // MARK: Keeping

  /// Keeps a run, and drops the oldest beyond the limit.
  ///
  /// - Parameters:
  ///   - files: the content of its folder, by name.
  ///   - unique: tells the unfinished folders of processes and runs apart.
  /// - Returns: the run's number.
  func keep(_ files: [(name: String, bytes: [UInt8])], unique: String, now: Instant) throws(LabFailure) -> Int {
    let number: Int
    do throws(FileError) {
      try FileSystem.createFolder(folder)
      // Kept runs are nobody's sources: version control leaves them alone.
      let ignore = Path.joined(Path.folder(of: folder), ".gitignore")
      if !FileSystem.exists(ignore) { try FileSystem.replace(ignore, with: Array("*\n".utf8)) }
      removeStale(before: now - Self.staleAfter)
      let unfinished = Path.joined(folder, Self.newPrefix + unique)
      try FileSystem.createFolder(unfinished)
      for file in files { try FileSystem.replace(Path.joined(unfinished, file.name), with: file.bytes) }
      number = try take(unfinished)
    } catch { throw error.failure }
    prune()
    return number
  }

  /// Gives a finished folder the next number that is free.
  private func take(_ unfinished: String) throws(FileError) -> Int {
    var number = (numbers.last ?? 0) + 1
    while true {
      do throws(FileError) {
        try FileSystem.rename(unfinished, to: path(of: number))
        return number
      } catch {
        // Another process took it meanwhile.
        guard FileSystem.exists(path(of: number)) else { throw error }
        number += 1
      }
    }
  }

  private func prune() {
    let baseline = baseline
    var numbers = numbers.filter { $0 != baseline }
    while numbers.count > Self.limit {
      let number = numbers.removeFirst()
      let doomed = Path.joined(folder, Self.oldPrefix + Self.name(of: number))
      // Renamed first: what is half removed has no number.
      guard (try? FileSystem.rename(path(of: number), to: doomed)) != nil else { continue }
      try? FileSystem.removeFolder(doomed)
    }
  }

  /// Removes what processes that are gone have left unfinished.
  private func removeStale(before moment: Instant) {
    for name in (try? FileSystem.names(in: folder)) ?? []
    where name.hasPrefix(Self.newPrefix) || name.hasPrefix(Self.oldPrefix) {
      let path = Path.joined(folder, name)
      guard let status = FileHandle.status(of: path), status.modified < moment else { continue }
      try? FileSystem.removeFolder(path)
    }
  }
}
