import LabFiles

/// The names that belong to one usage file, all beside each other.
public struct UsageFilePaths: Sendable {
  /// The CSV itself, `data/peak.csv`.
  public let data: String
  private let base: String

  public init(data: String) {
    self.data = data
    base = data.hasSuffix(".csv") ? String(data.dropLast(4)) : data
  }

  public var customers: String { base + ".customers.csv" }
  public var truth: String { base + ".truth.json" }
  public var run: String { base + ".run.json" }
  public var part: String { data + ".part" }
  public var runPart: String { run + ".part" }
  public var lock: String { data + ".lock" }

  /// Whether the output is a pipe, a device or an open descriptor: written directly, without companions.
  public var isDirect: Bool {
    if data.hasPrefix("/dev/") { return true }
    guard let status = FileHandle.status(of: data) else { return false }
    return !status.isRegular && !status.isFolder
  }
}
