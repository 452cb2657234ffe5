import LabCore
import LabFiles
import LabPipeline

/// What `finops-lab test` does: finds transcripts, runs them, says what differs.
package struct TranscriptTests {
  private let runner: TranscriptRunner
  private let updates: Bool
  /// Writes what is to be read.
  private let say: (String) -> Void

  /// - Parameters:
  ///   - environment: of the sessions; it is asked for in the folder of each.
  ///   - updates: whether outputs are rewritten to what came.
  package init(
    environment: @escaping @Sendable () -> LabEnvironment, hooks: SessionHooks, project: Project, updates: Bool,
    say: @escaping (String) -> Void
  ) {
    let root = project.root.map { Path.joined(FileSystem.workingDirectory, $0) }
    runner = TranscriptRunner(
      environment: environment, hooks: hooks, scenarios: root.map { Path.joined($0, "scenarios") })
    self.updates = updates
    self.say = say
  }

  /// The transcripts at paths: files as they are, of folders all that end in `.session`, sorted.
  ///
  /// - Throws: ``LabFailure`` of kind `notFound`.
  package static func find(_ paths: [String]) throws(LabFailure) -> [String] {
    var found: [String] = []
    for path in paths {
      guard let status = FileHandle.status(of: path) else {
        throw LabFailure(.notFound, code: "no_file", "no file or folder '\(path)'")
      }
      do throws(FileError) {
        found += status.isFolder ? try inside(path) : [path]
      } catch { throw error.failure }
    }
    guard !found.isEmpty else {
      throw LabFailure(
        .notFound, code: "no_transcript",
        "there is no .session file in \(paths.map { "'\($0)'" }.joined(separator: ", "))")
    }
    return found
  }

  private static func inside(_ folder: String) throws(FileError) -> [String] {
    var found: [String] = []
    for name in try FileSystem.names(in: folder) {
      let path = Path.joined(folder, name)
      if FileHandle.status(of: path)?.isFolder == true {
        found += try inside(path)
      } else if name.hasSuffix(".session") {
        found.append(path)
      }
    }
    return found
  }

  /// Runs transcripts one after another.
  ///
  /// - Returns: the code (1 when one failed, 65 when one can't be read), and what JUnit is told.
  package func run(_ paths: [String]) throws(LabFailure) -> (code: ExitCode, suites: [JUnitReport.Tests]) {
    var code = ExitCode.done
    var suites: [JUnitReport.Tests] = []
    var passed = 0
    for path in paths {
      var suite = JUnitReport.Tests(name: path)
      do throws(LabFailure) {
        let bytes: [UInt8]
        do throws(FileError) { bytes = try FileSystem.read(path, limit: 16 << 20) } catch { throw error.failure }
        let transcript = try Transcript(String(decoding: bytes, as: UTF8.self), path: path)
        let results = try runner.run(transcript)
        suite.cases = results.map { result in
          JUnitReport.Tests.Case(
            name: "line \(result.step.line): \(result.step.command)", failure: failure(result, path))
        }
        let failed = results.filter { !$0.passes }
        if failed.isEmpty {
          passed += 1
          say("ok    \(path) (\(results.count) steps)")
        } else if updates {
          let left = try update(transcript, results)
          say("wrote \(path)" + (left == 0 ? "" : ", \(left) left that no update turns green"))
          if left > 0 { code = code.combined(with: .testFailed) } else { passed += 1 }
          for result in failed where result.isProtected { say(failure(result, path) ?? "") }
        } else {
          code = code.combined(with: .testFailed)
          say("FAIL  \(path) (\(failed.count) of \(results.count) steps)")
          for result in failed { say(failure(result, path) ?? "") }
        }
      } catch {
        if error.kind == .cancelled { throw error }
        suite.error = error.diagnostics.first?.sentence ?? "failed"
        say("FAIL  \(path)")
        for diagnostic in error.diagnostics { say(diagnostic.description) }
        code = code.combined(with: ExitCode(error.kind, cancelledBy: 0))
      }
      suites.append(suite)
    }
    say("\(passed) of \(paths.count) sessions passed")
    return (code, suites)
  }

  /// The last lines of an output that ended in another code than it should.
  private static let toldLines = 5

  /// The difference as a unified diff; nil where there is none.
  private func failure(_ result: TranscriptRunner.StepResult, _ path: String) -> String? {
    if result.passes { return nil }
    let step = result.step
    var lines = ["--- \(path):\(step.line): \(step.command)", "+++ what came"]
    lines += result.alignment.unifiedDiff(firstLine: step.line + 1)
    if result.code != step.code {
      lines += ["-[exit \(step.code)]", "+[exit \(result.code)]"]
      // A wild card may have taken in what would tell why.
      if result.alignment.isMatch { lines += result.alignment.actual.suffix(Self.toldLines).map { "# \($0)" } }
    }
    return lines.joined(separator: "\n")
  }

  /// Rewrites the outputs that differ. An expectation that fails is left as it is, and so is a command that fails where no
  /// code says that it should.
  ///
  /// - Returns: how many steps still fail.
  private func update(
    _ transcript: Transcript, _ results: [TranscriptRunner.StepResult]
  ) throws(LabFailure) -> Int {
    var lines = transcript.lines
    var left = 0
    for result in results.reversed() where !result.passes {
      if result.isProtected {
        left += 1
        continue
      }
      var output = result.alignment.updated
      if result.code != 0 { output.append("[exit \(result.code)]") }
      lines.replaceSubrange(result.step.outputLines, with: output)
    }
    do throws(FileError) {
      try FileSystem.replace(transcript.path, with: Array((lines.joined(separator: "\n") + "\n").utf8))
    } catch { throw error.failure }
    return left
  }
}
