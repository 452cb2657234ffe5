import LabCore
import LabFiles
import LabPipeline
import LabRendering
import Synchronization

/// Runs a transcript in a folder of its own, always in the same surroundings: 80 columns, no colour, no history, no file of
/// keys, the scenarios of the project beside it.
struct TranscriptRunner {
  /// Makes the environment of the session in the working directory.
  let environment: @Sendable () -> LabEnvironment
  let hooks: SessionHooks
  /// The absolute path of the project's scenarios, or nil.
  let scenarios: String?

  /// What came of a step.
  struct StepResult {
    var step: Transcript.Step
    var alignment: OutputAlignment
    var code: Int32
    var passes: Bool { alignment.isMatch && code == step.code }
    /// Whether no update may say that it is right: an expectation that turned out another way, or a command that is to
    /// succeed and failed.
    var isProtected: Bool { code != step.code && (step.isExpectation || step.code == 0) }
  }

  /// - Throws: ``LabFailure`` when the folder can't be made.
  func run(_ transcript: Transcript) throws(LabFailure) -> [StepResult] {
    let home = FileSystem.workingDirectory
    let folder = try prepare(transcript)
    defer {
      _ = WorkingDirectory.change(to: home)
      try? FileSystem.removeFolder(folder)
    }
    guard WorkingDirectory.change(to: folder) else {
      throw LabFailure(.cannotCreate, code: "no_folder", "can't enter the folder '\(folder)' of the test")
    }
    let output = TranscriptOutput()
    let environment = environment()
    let session = Session(
      environment: environment, output: output, hooks: hooks, cancellation: environment.cancellation)
    var results: [StepResult] = []
    for step in transcript.steps {
      try environment.cancellation.check()
      let code: Int32
      switch step.kind {
      case .session: code = session.execute(step.command).code.rawValue
      case .program: code = try runProgram(step, in: folder, output)
      }
      let actual = output.takeLines()
      results.append(
        StepResult(
          step: step, alignment: OutputAlignment(expected: step.expected, actual: actual), code: code))
    }
    return results
  }

  /// Makes the folder, with the files of the transcript and copies of the project's scenarios.
  private func prepare(_ transcript: Transcript) throws(LabFailure) -> String {
    let base = ChildProcess.variable("TMPDIR") ?? "/tmp"
    do throws(FileError) {
      let folder = try WorkingDirectory.temporary(in: base)
      if let scenarios { try Self.copy(scenarios, to: Path.joined(folder, "scenarios")) }
      for file in transcript.files {
        let name = Path.normalised(file.name)
        guard !Path.isAbsolute(name), !name.hasPrefix("..") else { throw FileError(.create, file.name, number: 1) }
        try FileSystem.createFolder(Path.folder(of: Path.joined(folder, name)))
        try FileSystem.replace(Path.joined(folder, name), with: Array(file.text.utf8))
      }
      return folder
    } catch { throw error.failure }
  }

  private static func copy(_ source: String, to target: String) throws(FileError) {
    try FileSystem.createFolder(target)
    for name in try FileSystem.names(in: source) {
      let (from, to) = (Path.joined(source, name), Path.joined(target, name))
      if FileHandle.status(of: from)?.isFolder == true {
        try copy(from, to: to)
      } else if name.hasSuffix(".json") {
        try FileSystem.replace(to, with: try FileSystem.read(from, limit: 64 << 20))
      }
    }
  }

  private func runProgram(
    _ step: Transcript.Step, in folder: String, _ output: TranscriptOutput
  ) throws(LabFailure) -> Int32 {
    let words = try SessionWords.of(step.command)
    let environment = [
      "HOME": folder, "XDG_STATE_HOME": folder, "LANG": "C.UTF-8", "NO_COLOR": "1", "TZ": "UTC",
      "PATH": "/usr/bin:/bin", "PAGER": "cat",
    ]
    do throws(FileError) {
      let ended = try ChildProcess.runOwn(Array(words.dropFirst()), environment: environment)
      output.write(String(decoding: ended.output, as: UTF8.self))
      return ended.code
    } catch { throw error.failure }
  }
}

/// Collects what a session says, results and messages in the order in which they come.
final class TranscriptOutput: SessionOutput {
  private let text = Mutex("")

  let style = TerminalStyle(width: 80)
  var screenLines: Int? { nil }

  func write(_ text: String) { self.text.withLock { $0 += text } }
  func message(_ text: String) { self.text.withLock { $0 += text + "\n" } }
  func page(_ text: String) -> Bool { false }

  /// The lines since the last time, without blank ones at the end.
  func takeLines() -> [String] {
    let taken = text.withLock { text in
      defer { text = "" }
      return text
    }
    var lines = taken.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    while let last = lines.last, last.trimmed.isEmpty { lines.removeLast() }
    return lines
  }
}
