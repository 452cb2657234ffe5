import Glibc
import LabCore
import LabFiles
import LabTable

/// Writes a usage CSV so that a file which looks complete is complete.
///
/// Rows go to `X.csv.part`, under a lock, beside `X.run.json.part`, which says what is being written. ``finish(companions:run:)``
/// gives everything its final name, the provenance last. After a crash the same content may be written again with
/// `resume`: what the part already holds is compared instead of written, so that a torn or damaged tail is replaced.
public final class UsageFileWriter {
  public let paths: UsageFilePaths
  /// Bytes that were there already and proved right.
  public private(set) var resumedBytes: Int64 = 0
  public private(set) var bytes: Int64 = 0

  private let handle: FileHandle
  private let lock: FileLock?
  private let synchronises: Bool
  private var toCompare: Int64 = 0
  private var fingerprint = FingerprintStream()
  private var sha256: SHA256?
  private var comparison: [UInt8] = []

  /// - Parameters:
  ///   - identity: what the part says of itself; a part with another identity can't be resumed.
  ///   - resume: continue a part that is there; without one the file is written from its beginning.
  /// - Throws: ``LabFailure``: `locked` when another run writes the file, `cannotCreate`, or `invalidInput` when the part
  ///   belongs to something else.
  public init(
    paths: UsageFilePaths, identity: RunIdentity, resume: Bool, synchronises: Bool, sha256: Bool
  ) throws(LabFailure) {
    self.paths = paths
    self.synchronises = synchronises
    self.sha256 = sha256 ? SHA256() : nil
    do throws(FileError) {
      if paths.isDirect {
        lock = nil
        handle = try FileHandle.creating(paths.data, anyKind: true)
        return
      }
      if let status = FileHandle.status(of: paths.data), status.isFolder {
        throw FileError(.create, paths.data, number: EISDIR, obstacle: .folder)
      }
      try Self.refuseForeignFile(paths.data)
      try FileSystem.createFolder(Path.folder(of: paths.data))
      do throws(FileError) { lock = try FileLock(paths.lock) } catch {
        // The person knows the data file, not its lock.
        throw error.number == EWOULDBLOCK ? FileError(.lock, paths.data, number: error.number) : error
      }
    } catch { throw error.failure }
    let continues = resume ? try Self.matchingPart(paths, identity) : false
    do throws(FileError) {
      if !continues { try FileSystem.replace(paths.runPart, with: identity.json) }
      handle = try FileHandle.creating(paths.part, keeping: continues)
      if continues { toCompare = try handle.status().size }
    } catch { throw error.failure }
  }

  /// A file with content that is no usage file of ours is somebody's work and not overwritten.
  private static func refuseForeignFile(_ path: String) throws(FileError) {
    guard let size = FileHandle.status(of: path)?.size, size > 0 else { return }
    let ours = UsageRowEncoder().header
    var start: [UInt8] = []
    try FileHandle.reading(path).read(into: &start, count: ours.count, at: 0)
    if start != ours { throw FileError(.create, path, number: EEXIST, obstacle: .foreign) }
  }

  /// Whether there is a part that this run may continue.
  private static func matchingPart(_ paths: UsageFilePaths, _ identity: RunIdentity) throws(LabFailure) -> Bool {
    guard FileSystem.exists(paths.part) else { return false }
    let found: [UInt8]
    do throws(FileError) { found = try FileSystem.read(paths.runPart, limit: 1 << 20) } catch { return false }
    if found == identity.json { return true }
    throw LabFailure(
      .invalidInput, code: "resume_mismatch",
      "'\(paths.part)' was begun by another scenario, price book, target or version; it can't be resumed",
      help: "run without --resume to start anew, or with the scenario that began it")
  }

  /// Appends whole rows.
  public func write(_ rows: Span<UInt8>) throws(LabFailure) {
    fingerprint.update(rows)
    sha256?.update(rows)
    do throws(FileError) {
      if bytes < toCompare { try compareOrWrite(rows) } else { try handle.write(rows) }
    } catch { throw error.failure }
    bytes += Int64(rows.count)
  }

  /// Steps over bytes that the part already holds; at the first difference or the end, cuts it and writes on.
  private func compareOrWrite(_ rows: Span<UInt8>) throws(FileError) {
    comparison.removeAll(keepingCapacity: true)
    let wanted = Int(min(Int64(rows.count), toCompare - bytes))
    let count = try handle.read(into: &comparison, count: wanted, at: bytes)
    var same = 0
    while same < count, comparison[same] == rows[same] { same += 1 }
    resumedBytes = bytes + Int64(same)
    guard same < rows.count else {
      // What follows the last compared byte is written there, not where the descriptor stands.
      if resumedBytes == toCompare { try handle.seek(to: resumedBytes) }
      return
    }
    toCompare = 0
    try handle.resize(to: bytes + Int64(same))
    try handle.seek(to: bytes + Int64(same))
    try handle.write(rows.extracting(same..<rows.count))
  }

  /// The fingerprint of what was written, and the SHA-256 if it was asked for.
  public var hashes: (fingerprint: Fingerprint, sha256: String?) {
    let sha = sha256
    return (fingerprint.finished(), sha?.hexDigest())
  }

  /// Gives everything its final name: first the companions, then the CSV, then the provenance.
  public func finish(companions: [(path: String, bytes: [UInt8])], run: [UInt8]) throws(LabFailure) {
    do throws(FileError) {
      if bytes < toCompare { try handle.resize(to: bytes) }
      guard lock != nil else { return }
      if synchronises { try handle.synchronise() }
      let size = try handle.status().size
      guard size == bytes else { throw FileError(.write, paths.part, number: EIO) }
      for companion in companions {
        try FileSystem.replace(companion.path, with: companion.bytes, synchronise: synchronises)
      }
      try FileSystem.remove(paths.run)
      try FileSystem.rename(paths.part, to: paths.data)
      try FileSystem.replace(paths.run, with: run, synchronise: synchronises)
      try FileSystem.remove(paths.runPart)
    } catch { throw error.failure }
  }

  public var isDirect: Bool { lock == nil }
}
