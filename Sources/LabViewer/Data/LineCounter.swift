import LabCore
import LabFiles

/// Counts the lines of a growing file, each byte once.
struct LineCounter {
  private(set) var lines: Int64 = 0
  private var offset: Int64 = 0
  private var inode: UInt64 = 0
  private var device: UInt64 = 0

  /// Bytes that one look reads at most, so that a large file doesn't hold up what waits for it.
  private static let bytesPerLook: Int64 = 256 << 20
  private static let bytesPerRead = 1 << 20

  /// Whether all of the file was counted at the last look.
  private(set) var isCurrent = false

  /// Counts what was added since the last look; starts anew with another file or a shorter one.
  mutating func look(at path: String, _ status: FileHandle.Status) {
    if status.inode != inode || status.device != device || status.size < offset {
      self = LineCounter()
      inode = status.inode
      device = status.device
    }
    guard offset < status.size else { return isCurrent = true }
    guard let handle = try? FileHandle.reading(path), let now = try? handle.status(), now.inode == inode else { return }
    let end = min(now.size, offset + Self.bytesPerLook)
    var bytes: [UInt8] = []
    while offset < end {
      bytes.removeAll(keepingCapacity: true)
      let wanted = Int(min(Int64(Self.bytesPerRead), end - offset))
      guard let count = try? handle.read(into: &bytes, count: wanted, at: offset), count > 0 else { return }
      lines += LineFeeds.count(in: bytes)
      offset += Int64(count)
    }
    isCurrent = offset >= now.size
  }
}
