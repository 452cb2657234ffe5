import Glibc
import LabCore

/// A file operation that failed: what was tried, on which file, and the system's error number.
public struct FileError: Error, Hashable, Sendable {
  public enum Operation: String, Sendable {
    case open, create, read, write, synchronise, rename, remove, lock, list, resize, inspect
  }

  /// What stood where a regular file was needed.
  public enum Obstacle: String, Sendable {
    case folder, device, pipe, socket, tooLarge
    /// A file with content that is not ours to replace.
    case foreign
    /// A pipe that nobody reads.
    case noReader = "unread_pipe"
  }

  public var operation: Operation
  public var path: String
  public var number: Int32
  public var obstacle: Obstacle?

  public init(_ operation: Operation, _ path: String, number: Int32, obstacle: Obstacle? = nil) {
    self.operation = operation
    self.path = path
    self.number = number
    self.obstacle = obstacle
  }
}

extension FileError: DiagnosticFact {
  /// The code of a write whose reader has gone away.
  public static let closedPipeCode = "closed_pipe"

  public var code: String {
    if number == EPIPE { return Self.closedPipeCode }
    if let obstacle { return "file_is_\(obstacle.rawValue)" }
    return "file_\(operation.rawValue)"
  }

  public var sentence: String {
    switch obstacle {
    case .folder: return "'\(path)' is a folder; a file is needed here"
    case .device: return "'\(path)' is a device; a regular file is needed here"
    case .pipe: return "'\(path)' is a pipe; a regular file is needed here"
    case .socket: return "'\(path)' is a socket; a regular file is needed here"
    case .foreign: return "'\(path)' is there already and is no file of the lab; it is not overwritten"
    case .noReader: return "nobody reads the pipe '\(path)'"
    case .tooLarge: return "'\(path)' is larger than a file of this kind may be"
    case nil: break
    }
    if number == ENOENT, operation == .open || operation == .inspect { return "no file '\(path)'" }
    if number == EWOULDBLOCK, operation == .lock { return "'\(path)' is being written by another run" }
    let verb =
      switch operation {
      case .open: "open"
      case .create: "create"
      case .read: "read"
      case .write: "write"
      case .synchronise: "synchronise"
      case .rename: "rename"
      case .remove: "remove"
      case .lock: "lock"
      case .list: "list"
      case .resize: "resize"
      case .inspect: "inspect"
      }
    return "can't \(verb) '\(path)': \(SystemErrorText.text(number))"
  }

  public var help: String? {
    if obstacle == .noReader { return "start its reader first, or within five seconds" }
    if obstacle == .foreign { return "choose another name, or remove the file" }
    return switch number {
    case ENOSPC, EDQUOT: "free some space, or write to another place; what was written so far is intact"
    case EROFS: "the file system is read-only; choose another place"
    case EACCES, EPERM: "check the permissions of the file and of its folder"
    case EMFILE, ENFILE: "too many files are open; raise the limit with 'ulimit -n'"
    default: nil
    }
  }
}

extension FileError {
  /// The failure that a caller reports: not found or not readable, can't create, locked, or failed on the way.
  public var failure: LabFailure {
    let kind: LabFailure.Kind =
      switch operation {
      case .open, .inspect, .list: .notFound
      case .create: .cannotCreate
      case .lock: number == EWOULDBLOCK ? .locked : .cannotCreate
      case .read, .write, .synchronise, .rename, .remove, .resize: .inputOutput
      }
    return LabFailure(kind, Diagnostic(self))
  }
}
