/// How a process ended and what it said.
public struct ProcessRun: Sendable {
  public enum End: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// The time was up and the process was killed.
    case timedOut
  }
  public var end: End
  public var outputBytes: [UInt8]
  public var errorBytes: [UInt8]
  public var seconds: Double

  /// Standard output as text.
  public var output: String { String(decoding: outputBytes, as: UTF8.self) }
  /// Standard error as text.
  public var errors: String { String(decoding: errorBytes, as: UTF8.self) }
  /// The exit code; nil when a signal or the time limit ended it.
  public var exitCode: Int32? { if case .exited(let code) = end { code } else { nil } }
}

/// A process that could not be started.
public struct ProcessFailure: Error, CustomStringConvertible {
  public var program: String
  public var number: Int32
  public var description: String { "can't start '\(program)': error \(number)" }
}

extension ProcessRun {
  /// Runs a program to its end.
  ///
  /// - Parameters:
  ///   - environment: the whole environment; nil passes this process's own on.
  ///   - input: what standard input gives before it ends; nil is an empty input.
  ///   - timeout: in seconds, after which its process group is killed.
  public static func run(
    _ program: String, _ arguments: [String] = [], environment: [String: String]? = nil,
    workingDirectory: String? = nil,
    input: [UInt8]? = nil, timeout: Double = 60
  ) throws -> ProcessRun {
    var process = try RunningProcess(
      program, arguments, environment: environment, workingDirectory: workingDirectory)
    if let input { process.send(input) }
    process.closeInput()
    return process.finish(timeout: timeout)
  }
}
