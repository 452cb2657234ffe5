import LabCore
import LabFiles

/// The library that draws the charts of reports: Chart.js 3.9.1, as Debian packages it.
///
/// It is no part of the lab. What is found is used only when its hash is a known one, since it becomes part of pages that
/// people forward.
public enum ChartLibrary {
  /// Why reports have no charts.
  public enum Absence: Hashable, Sendable {
    case notInstalled
    case unknownContent(path: String)

    /// What a reader is told, with the way to get charts.
    public var sentence: String {
      switch self {
      case .notInstalled:
        "This report has no charts, since Chart.js is not installed; every number is in its tables. On Debian, "
          + "'apt install libjs-chart.js' and a new report bring them."
      case .unknownContent(let path):
        "This report has no charts, since \(path) is no version of Chart.js that the lab knows; every number is in "
          + "its tables. Debian's package libjs-chart.js 3.9.1 brings them."
      }
    }
  }

  /// Where Debian's package libjs-chart.js puts it.
  public static let path = "/usr/share/javascript/chart.js/chart.min.js"

  /// SHA-256 of the content that is used: version 3.9.1 of Debian 12.
  static let known: Set<String> = ["fbc45926e6b46845a0f905552a0e0b1331049bff1115ecf94dbe0904d895e710"]

  /// Where `--cdn` lets the browser load it from. The pages' policy allows this address alone.
  static let networkURL = "https://cdn.jsdelivr.net/npm/chart.js@3.9.1/dist/chart.min.js"

  /// The library's text, or why it can't be used.
  static func load(from path: String = path) -> Result<[UInt8], Absence> {
    guard let bytes = try? FileSystem.read(path, limit: 16 << 20) else { return .failure(.notInstalled) }
    return known.contains(SHA256.hexDigest(of: bytes)) ? .success(bytes) : .failure(.unknownContent(path: path))
  }
}

extension ChartLibrary.Absence: Error {}
