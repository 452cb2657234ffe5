import Glibc
import LabCore
import LabFiles
import LabTable

/// A file in memory where the system has a folder for such, removed with the value.
final class TemporaryFile {
  private static let folder = FileSystem.exists("/dev/shm") ? "/dev/shm" : "/tmp"

  let path: String

  init(_ content: [UInt8]) throws {
    let name = UInt64.random(in: .min ... .max)
    path = "\(Self.folder)/lab-table-\(getpid())-\(name).csv"
    try FileHandle.creatingNew(path).write(content)
  }

  convenience init(_ text: String) throws { try self.init(Array(text.utf8)) }

  func append(_ text: String) throws { try append(Array(text.utf8)) }

  func append(_ bytes: [UInt8]) throws {
    let handle = try FileHandle.creating(path, keeping: true)
    try handle.seek(to: try handle.status().size)
    try handle.write(bytes)
  }

  func overwrite(_ text: String) throws { try FileSystem.replace(path, with: Array(text.utf8)) }

  /// Loads the file as a table.
  func load(_ options: LoadOptions = LoadOptions(), cancellation: CancellationFlag = CancellationFlag()) throws
    -> CallTable
  {
    defer { withExtendedLifetime(self) {} }
    return try CallTable.load(path, options, cancellation: cancellation)
  }

  deinit { try? FileSystem.remove(path) }
}

/// Every row of a table as the texts and numbers of all its columns: equal dumps are equal tables. Hashes of identifiers
/// can be replaced by one text.
func dump(_ table: CallTable, identifiers: String? = nil) -> [String] {
  (0..<table.rowCount).map { row in
    table.facts.columns.map { column in
      if column == .metadata { return (try? table.metadata(row: row)) ?? "?" }
      if column.kind == .identifier, let identifiers { return identifiers }
      if column.isCoded { return table.text(column, row: row) ?? "?" }
      return table.integer(column, row: row).map { String($0) } ?? "unknown"
    }.joined(separator: "|")
  }
}

/// The rejects as `reason:count[first lines]`.
func rejects(_ table: CallTable) -> [String] {
  table.facts.rejects.map { "\($0.reason.name):\($0.count)\($0.firstLines)" }
}
