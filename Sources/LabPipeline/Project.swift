import LabCore
import LabFiles
import LabScenario

/// The project around the working directory, and the files that the lab ships.
///
/// A project's root is the nearest folder at or above the working directory that has `scenarios/`.
public struct Project: Sendable {
  /// As a path from the working directory (`.`, `..`, `../..`), or nil outside a project.
  public let root: String?

  public init(workingDirectory: String = FileSystem.workingDirectory) {
    var folder = workingDirectory
    var relative = "."
    while true {
      if FileHandle.status(of: Path.joined(folder, "scenarios"))?.isFolder == true {
        root = relative
        return
      }
      let parent = Path.folder(of: folder)
      if parent == folder { break }
      folder = parent
      relative = relative == "." ? ".." : relative + "/.."
    }
    root = nil
  }

  /// The file that a person means: a path as it is, or the name of a scenario of the project or of the lab, with or without
  /// `.json`. Shipped files carry ``ScenarioFiles/shippedPrefix``.
  public func scenarioPath(_ name: String) throws(LabFailure) -> String {
    if FileSystem.exists(name) || name.hasPrefix(ScenarioFiles.shippedPrefix) { return name }
    for candidate in [name, name + ".json"] {
      if FileSystem.exists(candidate) { return candidate }
      if let root, !Path.isAbsolute(candidate), !candidate.contains("/") {
        let path = Path.joined(Path.joined(root, "scenarios"), candidate)
        if FileSystem.exists(path) { return path }
      }
      let shipped = candidate.hasPrefix("scenarios/") ? String(candidate.dropFirst("scenarios/".count)) : candidate
      if ShippedFiles.scenarioNames.contains(shipped) { return ScenarioFiles.shippedPrefix + shipped }
    }
    let known = ShippedFiles.scenarioNames.map { Path.stem(of: $0) } + projectScenarios().map { Path.stem(of: $0) }
    throw LabFailure(
      .notFound, code: "no_scenario", "no scenario '\(name)'",
      help: Suggestion.help(for: Path.stem(of: name), among: Set(known).sorted())
        ?? "'finops-lab list scenarios' shows what there is")
  }

  /// The JSON files in the project's `scenarios/` folder, sorted.
  public func projectScenarios() -> [String] {
    guard let root, let names = try? FileSystem.names(in: Path.joined(root, "scenarios")) else { return [] }
    return names.filter { $0.hasSuffix(".json") && $0 != "scenario.schema.json" }
  }

  /// The bytes of a file, from the disk or from inside the binary.
  ///
  /// - Throws: ``LabFailure`` of kind `notFound` when it can't be read.
  public static func read(_ path: String, limit: Int64 = 64 << 20) throws(LabFailure) -> [UInt8] {
    if path.hasPrefix(ScenarioFiles.shippedPrefix) {
      if let bytes = ShippedFiles.bytes(of: String(path.dropFirst(ScenarioFiles.shippedPrefix.count))) { return bytes }
      throw LabFailure(
        .notFound, code: "no_shipped_file",
        "the lab ships no file '\(path.dropFirst(ScenarioFiles.shippedPrefix.count))'")
    }
    do throws(FileError) { return try FileSystem.read(path, limit: limit) } catch {
      throw LabFailure(.notFound, Diagnostic(error))
    }
  }
}
