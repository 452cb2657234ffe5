import Glibc

/// Files that only their owner may read. Invariant of the unsafe calls: paths are passed as zero-ended copies that live
/// through the call.
public enum PrivateFile {
  private static let mode: mode_t = 0o600

  /// Appends bytes in one write, so that two processes don't mix their lines. A file that is missing is made.
  public static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = unsafe open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, mode)
    guard descriptor >= 0 else { throw FileError(.create, path, number: errno) }
    defer { close(descriptor) }
    // A device such as /dev/null stays as it is for everybody, and a pipe that nobody reads holds nobody up.
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileError(.create, path, number: EINVAL)
    }
    // Whoever made it with wider permissions, from now on it is private.
    _ = fchmod(descriptor, mode)
    let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
    guard count == bytes.count else { throw FileError(.write, path, number: count < 0 ? errno : EIO) }
  }

  /// Replaces a file in one step.
  public static func replace(_ path: String, with bytes: [UInt8]) throws(FileError) {
    let neighbour = "\(path).\(getpid()).new"
    _ = unsafe unlink(neighbour)
    do throws(FileError) { try append(bytes, to: neighbour) } catch {
      _ = unsafe unlink(neighbour)
      throw error
    }
    try FileSystem.rename(neighbour, to: path)
  }
}
