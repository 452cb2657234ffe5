import Glibc
import LabCore

/// An open file; closed when the value ends.
///
/// Invariant: `descriptor` is open and owned by this value alone from `init` to `close` or `deinit`; every buffer that is
/// handed to the system is valid for the length that is handed with it.
@safe public struct FileHandle: ~Copyable, Sendable {
  public let descriptor: Int32
  /// The path as the person named it.
  public let path: String

  private init(descriptor: Int32, path: String) {
    self.descriptor = descriptor
    self.path = path
  }

  deinit { _ = Glibc.close(descriptor) }

  /// What a path or descriptor is.
  public struct Status: Sendable {
    public var isRegular: Bool
    public var isFolder: Bool
    public var isDevice: Bool
    public var isPipe: Bool
    public var isSocket: Bool
    public var size: Int64
    /// Distinguishes files of the same name: device and inode.
    public var device: UInt64
    public var inode: UInt64
    public var modified: Instant

    var obstacle: FileError.Obstacle? {
      if isRegular { return nil }
      return isFolder ? .folder : isPipe ? .pipe : isSocket ? .socket : .device
    }
  }

  /// Opens a regular file for reading. A folder, device, pipe or socket is refused, without waiting for a writer.
  public static func reading(_ path: String) throws(FileError) -> FileHandle {
    try refuseZero(in: path, .open)
    let descriptor = retried { unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
    guard descriptor >= 0 else {
      let number = errno
      // A socket can't be opened at all: say what it is.
      throw FileError(.open, path, number: number, obstacle: number == ENXIO ? status(of: path)?.obstacle : nil)
    }
    let handle = FileHandle(descriptor: descriptor, path: path)
    let status = try handle.status()
    if let obstacle = status.obstacle { throw FileError(.open, path, number: EINVAL, obstacle: obstacle) }
    return handle
  }

  /// Creates a file for reading and writing; an existing regular file is emptied unless `keeping` its content. Anything
  /// else that is there (a folder, a device) is refused unless `anyKind`.
  public static func creating(_ path: String, keeping: Bool = false, anyKind: Bool = false) throws(FileError)
    -> FileHandle
  {
    try refuseZero(in: path, .create)
    if let status = status(of: path), let obstacle = status.obstacle, !anyKind || status.isFolder {
      throw FileError(.create, path, number: EINVAL, obstacle: obstacle)
    }
    let access = anyKind ? O_WRONLY : O_RDWR
    let flags = access | O_CREAT | O_CLOEXEC | (keeping || anyKind ? 0 : O_TRUNC)
    if anyKind, status(of: path)?.isPipe == true { return try creatingPipe(path, flags) }
    let descriptor = retried { unsafe Glibc.open(path, flags, 0o644) }
    guard descriptor >= 0 else { throw FileError(.create, path, number: errno) }
    return FileHandle(descriptor: descriptor, path: path)
  }

  /// How long a pipe's reader may take to open its end, in steps of 20 ms.
  private static let pipePatience = 250

  /// Opens a pipe for writing. Where nobody reads it, the usual call would wait for ever and heed no signal.
  private static func creatingPipe(_ path: String, _ flags: Int32) throws(FileError) -> FileHandle {
    for step in 0...pipePatience {
      let descriptor = retried { unsafe Glibc.open(path, flags | O_NONBLOCK, 0o644) }
      if descriptor >= 0 { return FileHandle(descriptor: descriptor, path: path) }
      guard errno == ENXIO else { throw FileError(.create, path, number: errno) }
      if step < pipePatience { usleep(20_000) }
    }
    throw FileError(.create, path, number: ENXIO, obstacle: .noReader)
  }

  /// Creates a file that must not exist yet.
  public static func creatingNew(_ path: String) throws(FileError) -> FileHandle {
    try refuseZero(in: path, .create)
    let descriptor = retried { unsafe Glibc.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644) }
    guard descriptor >= 0 else { throw FileError(.create, path, number: errno) }
    return FileHandle(descriptor: descriptor, path: path)
  }

  /// What a path leads to, links followed; nil when nothing is there or it can't be seen.
  public static func status(of path: String) -> Status? {
    var information = stat()
    guard unsafe fstatat(AT_FDCWD, path, &information, 0) == 0 else { return nil }
    return Status(information)
  }

  public func status() throws(FileError) -> Status {
    var information = stat()
    guard unsafe fstat(descriptor, &information) == 0 else { throw FileError(.inspect, path, number: errno) }
    return Status(information)
  }

  /// Appends `count` bytes at most from `offset` on to `buffer`; fewer only at the end of the file.
  ///
  /// - Returns: how many were read.
  @discardableResult
  public func read(into buffer: inout [UInt8], count: Int, at offset: Int64) throws(FileError) -> Int {
    let start = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: count))
    var done = 0
    var failure: Int32 = 0
    unsafe buffer.withUnsafeMutableBytes { bytes in
      let target = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[start...])
      (done, failure) = unsafe readFully(target, at: offset)
    }
    buffer.removeLast(count - done)
    if failure != 0 { throw FileError(.read, path, number: failure) }
    return done
  }

  /// Fills `target` from `offset` on; fewer bytes only at the end of the file.
  ///
  /// - Returns: how many were read, and the error number or 0.
  public func readFully(_ target: UnsafeMutableRawBufferPointer, at offset: Int64) -> (count: Int, error: Int32) {
    var done = 0
    while done < target.count {
      let length = target.count - done
      let count = unsafe pread(
        descriptor, target.baseAddress.map { unsafe $0 + done }, length, off_t(offset) + off_t(done))
      if count > 0 {
        done += count
      } else if count == 0 {
        return (done, 0)
      } else if errno != EINTR {
        return (done, errno)
      }
    }
    return (done, 0)
  }

  /// Writes all bytes at the descriptor's position. A reader that went away shows as `EPIPE`.
  public func write(_ bytes: Span<UInt8>) throws(FileError) {
    var failure: Int32 = 0
    unsafe bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = unsafe Glibc.write(descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
        if count >= 0 {
          done += count
        } else if errno == EAGAIN {
          // Someone made the pipe non-blocking: wait until it takes more.
          var descriptor = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = unsafe poll(&descriptor, 1, -1)
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    if failure != 0 { throw FileError(.write, path, number: failure) }
  }

  public func write(_ bytes: [UInt8]) throws(FileError) { try write(bytes.span) }

  /// Moves the descriptor's position to `offset`.
  public func seek(to offset: Int64) throws(FileError) {
    guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw FileError(.read, path, number: errno) }
  }

  /// Cuts the file to `size` bytes.
  public func resize(to size: Int64) throws(FileError) {
    guard retried({ ftruncate(descriptor, off_t(size)) }) == 0 else { throw FileError(.resize, path, number: errno) }
  }

  /// Waits until the content is on the device.
  public func synchronise() throws(FileError) {
    guard retried({ fsync(descriptor) }) == 0 else { throw FileError(.synchronise, path, number: errno) }
  }

  /// Takes the advisory lock of the file without waiting; it is given back when the file is closed.
  public func lock() throws(FileError) {
    guard retried({ flock(descriptor, LOCK_EX | LOCK_NB) }) == 0 else { throw FileError(.lock, path, number: errno) }
  }

  /// A path with a zero byte would lead to another file: the system reads only up to it.
  private static func refuseZero(in path: String, _ operation: FileError.Operation) throws(FileError) {
    if path.utf8.contains(0) { throw FileError(operation, path, number: EINVAL) }
  }

  private static func retried(_ call: () -> Int32) -> Int32 {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  private func retried(_ call: () -> Int32) -> Int32 { Self.retried(call) }
}

extension FileHandle.Status {
  init(_ information: stat) {
    let kind = information.st_mode & S_IFMT
    isRegular = kind == S_IFREG
    isFolder = kind == S_IFDIR
    isDevice = kind == S_IFCHR || kind == S_IFBLK
    isPipe = kind == S_IFIFO
    isSocket = kind == S_IFSOCK
    size = Int64(information.st_size)
    device = UInt64(information.st_dev)
    inode = UInt64(information.st_ino)
    // A file system may hold any number here.
    let (seconds, overflow) = Int64(information.st_mtim.tv_sec).multipliedReportingOverflow(by: 1_000_000)
    modified = overflow ? .latest : Instant(microseconds: seconds &+ Int64(information.st_mtim.tv_nsec) / 1000)
  }
}
