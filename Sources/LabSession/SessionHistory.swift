import LabFiles

/// The lines that were typed, kept across sessions as plain UTF-8 that only the owner may read.
///
/// Lines are appended as they come, so a crash loses none and several sessions share the file.
public struct SessionHistory {
  /// How many lines are kept.
  static let limit = 5000

  /// Nil: nothing is kept.
  private let path: String?
  public private(set) var lines: [String] = []

  /// - Parameter path: the file; a missing one is made with the first line.
  public init(path: String?) {
    self.path = path
    guard let path, let bytes = try? FileSystem.read(path, limit: 64 << 20) else { return }
    var read: [String] = []
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where read.last != String(line) {
      read.append(String(line))
    }
    lines = Array(read.suffix(Self.limit))
    // What is too long is cut with some room, so that not every start rewrites it.
    if read.count > Self.limit + Self.limit / 10 {
      try? PrivateFile.replace(path, with: Array((lines.joined(separator: "\n") + "\n").utf8))
    }
  }

  /// The usual file: `$XDG_STATE_HOME/finops-lab/history`, else below `~/.local/state`; nil without a home.
  public static func usualPath(environment: (String) -> String?) -> String? {
    func set(_ name: String) -> String? { environment(name).flatMap { Path.isAbsolute($0) ? $0 : nil } }
    if let state = set("XDG_STATE_HOME") { return Path.joined(state, "finops-lab/history") }
    return set("HOME").map { Path.joined($0, ".local/state/finops-lab/history") }
  }

  /// Adds a line, unless it is empty or the same as the one before.
  ///
  /// - Returns: whether it was added.
  public mutating func add(_ line: String) -> Bool {
    let line = line.trimmed
    guard !line.isEmpty, line != lines.last, !line.utf8.contains(UInt8(ascii: "\n")) else { return false }
    lines.append(line)
    if lines.count > Self.limit { lines.removeFirst() }
    if let path {
      // A history that can't be written is no reason to stop working.
      try? FileSystem.createFolder(Path.folder(of: path))
      try? PrivateFile.append(Array((line + "\n").utf8), to: path)
    }
    return true
  }
}
