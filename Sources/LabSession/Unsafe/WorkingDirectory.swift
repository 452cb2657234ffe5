import Glibc
import LabFiles

/// The working directory of the process, for tests that each have a folder. Invariant: paths are zero-ended copies that live
/// through the call.
enum WorkingDirectory {
  /// Whether the process is there now.
  static func change(to path: String) -> Bool { unsafe chdir(path) == 0 }

  /// A new folder that only its owner may enter.
  static func temporary(in base: String) throws(FileError) -> String {
    var template = Array(Path.joined(base, "finops-lab-test-XXXXXX").utf8CString)
    let made = unsafe template.withUnsafeMutableBufferPointer { buffer -> String? in
      guard let start = buffer.baseAddress, let path = unsafe mkdtemp(start) else { return nil }
      return unsafe String(cString: path)
    }
    guard let made else { throw FileError(.create, base, number: errno) }
    return made
  }
}
