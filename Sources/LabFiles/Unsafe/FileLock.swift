import Glibc

/// An advisory lock that keeps a second writer away; given back, and its file removed, when the value goes.
///
/// Invariant: the file is removed only while it is locked and still the one that the path names, so that two holders can
/// never lock different files of the same name.
public final class FileLock: Sendable {
  private let handle: FileHandle
  private let path: String

  /// - Throws: ``FileError`` with `EWOULDBLOCK` when another process holds the lock.
  public init(_ path: String) throws(FileError) {
    self.path = path
    while true {
      let candidate = try FileHandle.creating(path, keeping: true)
      try candidate.lock()
      // The former holder may have removed the file between our open and our lock.
      let held = try candidate.status()
      guard let named = FileHandle.status(of: path), named.inode == held.inode, named.device == held.device else {
        continue
      }
      do throws(FileError) {
        try candidate.resize(to: 0)
        try candidate.write(Array("\(getpid())\n".utf8))
      } catch {
        // A full disk has no room for the number; the lock holds without it.
      }
      handle = candidate
      return
    }
  }

  deinit { _ = unsafe unlink(path) }
}
