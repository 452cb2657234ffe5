import Glibc
import LabCore

/// The exit codes of the command line, in one place.
///
/// | Code | Meaning |
/// |---|---|
/// | 0 | done; thresholds passed or only warned |
/// | 1 | a script or test failed |
/// | 64 | wrong command line |
/// | 65 | invalid scenario, price book or data |
/// | 66 | a file or id was not found or could not be read |
/// | 69 | a port is busy or the viewer can't start |
/// | 70 | our own bug, or an analyzer or report page failed (the rest is written) |
/// | 73 | an output can't be created |
/// | 74 | reading or writing failed |
/// | 75 | the output is locked by another run |
/// | 78 | the user's configuration is invalid |
/// | 99 | a threshold or `--fail-on` rule failed; results are written all the same |
/// | 130 / 143 | interrupted / terminated; what was written is valid |
package enum ExitCode: Int32, Sendable {
  case done = 0
  case testFailed = 1
  case usage = 64
  case invalidInput = 65
  case notFound = 66
  case unavailable = 69
  case internalError = 70
  case cannotCreate = 73
  case inputOutput = 74
  case locked = 75
  case configuration = 78
  case thresholdFailed = 99
  case interrupted = 130
  case terminated = 143

  package init(_ kind: LabFailure.Kind, cancelledBy signal: Int) {
    switch kind {
    case .usage: self = .usage
    case .invalidInput: self = .invalidInput
    case .notFound: self = .notFound
    case .unavailable: self = .unavailable
    case .internalError: self = .internalError
    case .cannotCreate: self = .cannotCreate
    case .inputOutput: self = .inputOutput
    case .locked: self = .locked
    case .configuration: self = .configuration
    case .cancelled: self = .ofSignal(Int32(signal))
    }
  }

  package static func ofSignal(_ number: Int32) -> ExitCode { number == SIGINT ? .interrupted : .terminated }

  /// Which of several codes a command ends with: an interruption first, then 70 to 78, 65, 66, 64, 1, and 99 last.
  private var precedence: Int {
    switch self {
    case .interrupted, .terminated: 7
    case .unavailable, .internalError, .cannotCreate, .inputOutput, .locked, .configuration: 6
    case .invalidInput: 5
    case .notFound: 4
    case .usage: 3
    case .testFailed: 2
    case .thresholdFailed: 1
    case .done: 0
    }
  }

  /// The code of two outcomes together.
  package func combined(with other: ExitCode) -> ExitCode { other.precedence > precedence ? other : self }
}
