import Foundation
import Testing

/// Places that tests need, found from where this file stands in the package.
public enum PackageRoot {
  /// The package's folder, without a slash at its end.
  public static let path: String = {
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }()

  /// A file of the package by its path from the root.
  public static func file(_ relative: String) -> String { path + "/" + relative }

  /// The bytes of a file of the package.
  public static func bytes(of relative: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(relative))))
  }

  private static let namedProduct = ProcessInfo.processInfo.environment["LAB_PRODUCT"].flatMap { $0.isEmpty ? nil : $0 }
  /// Whether processes are started from a build that `LAB_PRODUCT` names.
  public static var isReleaseDriven: Bool { namedProduct != nil }

  /// An executable that the running test was built with, such as `finops-lab`: it stands beside the test program. `LAB_PRODUCT`
  /// names another one, such as the release build that `make test` drives, since processes in debug mode take minutes.
  public static func builtProduct(_ name: String) -> String {
    if let path = namedProduct { return path }
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folder = (program as NSString).deletingLastPathComponent
    return folder + "/" + name
  }
}

/// The real usage data and price map that stand beside the repository as `../shared/data`.
///
/// Tests that need them carry `.enabled(if: SharedData.isPresent, SharedData.absence)`.
public enum SharedData {
  public static let folder = (PackageRoot.path as NSString).deletingLastPathComponent + "/shared/data"
  public static var isPresent: Bool { FileManager.default.fileExists(atPath: folder + "/README.md") }
  /// The sentence that the test run shows when the data isn't there.
  public static let absence: Comment = "skipped: the shared data is not at ../shared/data beside the package"

  public static func file(_ relative: String) -> String { folder + "/" + relative }

  public static func bytes(of relative: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: file(relative))))
  }
}
