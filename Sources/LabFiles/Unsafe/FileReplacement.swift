import Glibc

/// A file that grows under a hidden name beside its own and takes that in one step when it is complete, whatever had it
/// before. One that is dropped before leaves nothing. ``FileSystem/replace(_:with:synchronise:)`` is for content that is whole.
///
/// Invariant of the unsafe calls: paths are passed as zero-ended copies that live through the call.
public struct FileReplacement: ~Copyable {
  private let handle: FileHandle
  private let path: String
  /// Where it grows and the name that it takes; nil for a device or pipe, which is written directly.
  private let names: (neighbour: String, target: String)?

  /// - Throws: where the file can't be created; a folder is refused.
  public init(_ path: String) throws(FileError) {
    let status = FileHandle.status(of: path)
    if status?.isFolder == true { throw FileError(.create, path, number: EISDIR, obstacle: .folder) }
    let names = status?.isDevice == true || status?.isPipe == true ? nil : FileSystem.unfinishedNames(of: path)
    handle = try Self.opened(path, names?.neighbour)
    self.path = path
    self.names = names
  }

  private static func opened(_ path: String, _ neighbour: String?) throws(FileError) -> FileHandle {
    guard let neighbour else { return try FileHandle.creating(path, anyKind: true) }
    _ = unsafe unlink(neighbour)
    do throws(FileError) { return try FileHandle.creatingNew(neighbour) } catch {
      throw FileError(error.operation, path, number: error.number, obstacle: error.obstacle)
    }
  }

  public func write(_ bytes: [UInt8]) throws(FileError) {
    try named { () throws(FileError) in try handle.write(bytes) }
  }

  /// Waits until the content is on the device, where it is in a file.
  public func synchronise() throws(FileError) {
    if names != nil { try named { () throws(FileError) in try handle.synchronise() } }
  }

  /// Runs a step whose error names the file, not its hidden neighbour.
  private func named(_ step: () throws(FileError) -> Void) throws(FileError) {
    do throws(FileError) { try step() } catch {
      throw FileError(error.operation, path, number: error.number, obstacle: error.obstacle)
    }
  }

  /// Gives the file its name.
  public consuming func commit() throws(FileError) {
    guard let names else { return }
    guard unsafe Glibc.rename(names.neighbour, names.target) == 0 else {
      throw FileError(.rename, path, number: errno)
    }
  }

  deinit {
    // Once it has its name nothing is there.
    if let names { _ = unsafe unlink(names.neighbour) }
  }
}
