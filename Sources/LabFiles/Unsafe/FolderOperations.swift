import Glibc

/// Operations on folders as wholes. Invariant of the unsafe calls: paths are passed as zero-ended copies that live through
/// the call, and `renameat2` has the signature of renameat2(2) wherever the C library has it.
extension FileSystem {
  /// Exchanges two paths in one step, so that both names exist at every moment.
  ///
  /// - Returns: false when the system or the file system can't do it; nothing has changed then.
  static func exchange(_ path: String, _ other: String) throws(FileError) -> Bool {
    typealias Function = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
    guard let symbol = unsafe dlsym(nil, "renameat2") else { return false }
    let function = unsafe unsafeBitCast(symbol, to: Function.self)
    if unsafe function(AT_FDCWD, path, AT_FDCWD, other, exchangeFlag) == 0 { return true }
    switch errno {
    case EINVAL, ENOSYS, EOPNOTSUPP: return false
    default: throw FileError(.rename, path, number: errno)
    }
  }

  /// RENAME_EXCHANGE of linux/fs.h, which the C library's module doesn't show.
  private static let exchangeFlag: UInt32 = 2

  /// Gives a file a second name.
  static func link(_ path: String, as other: String) throws(FileError) {
    guard unsafe linkat(AT_FDCWD, path, AT_FDCWD, other, 0) == 0 else {
      throw FileError(.create, other, number: errno)
    }
  }

  /// Removes a folder that is empty.
  ///
  /// - Returns: false when something is in it.
  @discardableResult static func removeEmptyFolder(_ path: String) throws(FileError) -> Bool {
    if unsafe rmdir(path) == 0 || errno == ENOENT { return true }
    if errno == ENOTEMPTY || errno == EEXIST { return false }
    throw FileError(.remove, path, number: errno)
  }

  /// Whether a folder stands at the path itself; a link to one is none.
  static func isFolderItself(_ path: String) -> Bool {
    var information = stat()
    guard unsafe lstat(path, &information) == 0 else { return false }
    return information.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether a link stands at the path, wherever it leads.
  static func isLink(_ path: String) -> Bool {
    var information = stat()
    return unsafe lstat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFLNK
  }

  /// Whether anything stands at the path itself, a link that leads nowhere included.
  static func isTaken(_ path: String) -> Bool {
    var information = stat()
    return unsafe lstat(path, &information) == 0
  }
}
