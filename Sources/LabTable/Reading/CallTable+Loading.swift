import LabCore
import LabFiles

extension CallTable {
  /// Loads a usage file.
  ///
  /// Bad rows are counted by reason in ``FileFacts/rejects`` and left out. A file with a header and no row is an empty table.
  ///
  /// - Parameter progress: called on the calling thread after every block, in file order.
  /// - Throws: ``LabFailure``: `notFound` when the file isn't there or is no regular file, `invalidInput` when it is no usage
  ///   file, has more bad rows than allowed, or sums that can't be exact; `inputOutput`, `cannotCreate`; `cancelled`.
  public static func load(
    _ path: String, _ options: LoadOptions = LoadOptions(), cancellation: CancellationFlag = CancellationFlag(),
    progress: (LoadProgress) -> Void = { _ in }
  ) throws(LabFailure) -> CallTable {
    let (file, size) = try SharedFile.reading(path)
    let header = try HeaderLine(file.handle, size: size, columnNames: options.columnNames)
    let start = ResumePoint(header: header, offset: header.end)
    let loader = TableLoader(header: header, start: start, size: size, options: options, cancellation: cancellation)
    return try loader.run(
      file, TableBuilder(header, metadataLimit: options.metadataLimit), tags: TagDictionary(), progress)
  }

  /// The table with what the file has grown by since it was loaded: the same as loading it anew, but only the new bytes are
  /// parsed, and full segments are shared.
  ///
  /// A rejects file holds the new rejected rows only.
  ///
  /// - Parameter path: where the file stands by now, if it was renamed since.
  /// - Throws: as ``load(_:_:cancellation:progress:)``, and `invalidInput` when the file is no longer the one that was loaded.
  public func appending(
    at path: String? = nil, _ options: LoadOptions = LoadOptions(), cancellation: CancellationFlag = CancellationFlag(),
    progress: (LoadProgress) -> Void = { _ in }
  ) throws(LabFailure) -> CallTable {
    let path = path ?? facts.path
    let (file, size) = try SharedFile.reading(path)
    guard size >= facts.bytes else { throw .table(.fileChanged, at: SourceLocation(file: path)) }
    let header = try HeaderLine(file.handle, size: size, columnNames: options.columnNames)
    guard header.bytes == resume.header.bytes, header.end == resume.header.end else {
      throw .table(.fileChanged, at: SourceLocation(file: path))
    }
    let loader = TableLoader(header: header, start: resume, size: size, options: options, cancellation: cancellation)
    return try loader.run(
      file, TableBuilder(header, after: self, metadataLimit: options.metadataLimit), tags: tags, progress)
  }
}

/// Where a table's reading stopped, so that it can go on.
struct ResumePoint: Sendable {
  var header: HeaderLine
  /// The offset of the first byte that was not read as a row, and its line number.
  var offset: Int64
  var line = 0
  /// The hashes of the whole blocks of the file.
  var blockHashes: [Fingerprint] = []
  var lastTime = Int64.min
  var firstReject: (reason: RejectReason, line: Int)?

  init(header: HeaderLine, offset: Int64) {
    self.header = header
    self.offset = offset
  }
}

/// An open file that several threads read from.
final class SharedFile: Sendable {
  let handle: FileHandle

  private init(_ handle: consuming FileHandle) { self.handle = handle }

  /// Opens a regular file, and says how many bytes it has now.
  static func reading(_ path: String) throws(LabFailure) -> (file: SharedFile, size: Int64) {
    do throws(FileError) {
      let file = SharedFile(try FileHandle.reading(path))
      return (file, try file.handle.status().size)
    } catch { throw error.failure }
  }
}
