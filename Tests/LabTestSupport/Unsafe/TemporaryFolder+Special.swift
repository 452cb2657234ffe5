import Glibc

extension TemporaryFolder {
  /// Makes a symbolic link inside; false when the system refuses. Invariant: paths live through the calls that read them.
  public func link(_ name: String, to target: String) -> Bool { unsafe symlink(target, file(name)) == 0 }

  /// Makes a named pipe inside.
  public func makePipe(_ name: String) -> Bool { unsafe mkfifo(file(name), 0o644) == 0 }

  /// Gives a file inside another name.
  public func rename(_ name: String, to target: String) -> Bool { unsafe Glibc.rename(file(name), file(target)) == 0 }
}
