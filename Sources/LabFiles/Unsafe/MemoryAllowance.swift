import Glibc
import LabCore

/// How much memory this process may have, where something limits it: a program that asks for more is stopped without a word.
///
/// Invariant of the unsafe call: the structure that it fills lives through it.
public struct MemoryAllowance: Hashable, Sendable {
  public var bytes: Int64
  /// What sets the limit, as a person knows it.
  public var source: String

  public init(bytes: Int64, source: String) {
    self.bytes = bytes
    self.source = source
  }

  /// Address space that a process takes beyond the memory that it uses: libraries, stacks, and room that threads reserve.
  private static let reservedAddresses: Int64 = 288_000_000

  /// The least of the limits on this process; nil when there is none.
  public static var ofProcess: MemoryAllowance? {
    var limits: [MemoryAllowance] = []
    var addresses = rlimit()
    if unsafe getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &addresses) == 0,
      // No limit is the largest number, which is none here.
      let size = Int64(exactly: addresses.rlim_cur)
    {
      limits.append(MemoryAllowance(bytes: max(0, size - reservedAddresses), source: "ulimit -v"))
    }
    if let groups = try? FileSystem.read("/proc/self/cgroup", limit: 1 << 20) {
      limits += paths(of: groups).compactMap(limit(of:))
    }
    return limits.min { $0.bytes < $1.bytes }
  }

  /// The files that hold the limits of the control groups in a text such as /proc/self/cgroup: of version 2 (`0::/path`), and
  /// of the memory controller of version 1 (`9:memory:/path`).
  static func paths(of groups: [UInt8]) -> [String] {
    String(decoding: groups, as: UTF8.self).split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      let path = fields[2] == "/" ? "" : String(fields[2])
      if fields[0] == "0", fields[1].isEmpty { return "/sys/fs/cgroup\(path)/memory.max" }
      guard fields[1].split(separator: ",").contains("memory") else { return nil }
      return "/sys/fs/cgroup/memory\(path)/memory.limit_in_bytes"
    }
  }

  /// More than any machine has: version 1 says so for "no limit".
  private static let most: Int64 = 1 << 50

  private static func limit(of path: String) -> MemoryAllowance? {
    guard let bytes = try? FileSystem.read(path, limit: 4096) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
    guard let text, let size = Int64(text), size < most else { return nil }
    return MemoryAllowance(bytes: size, source: "a control group")
  }
}
