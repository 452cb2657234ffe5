import Glibc
import LabSession

/// The lines of standard input, each as soon as it is there. Invariant: the buffer is valid for the length that is handed
/// with it.
struct StandardInputLines: Sequence, IteratorProtocol {
  private var pending: [UInt8] = []
  private var position = 0
  private var hasEnded = false
  /// Bytes that are read at once.
  private static let partSize = 65_536

  /// The next line, or the beginning of one that is too long for a session, whose rest is passed over.
  mutating func next() -> String? {
    // Up to where no end of the line was seen: a long line isn't searched again with every part of it that comes.
    var searched = position
    while true {
      if let end = pending[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { position = end + 1 }
        return text(pending[position..<end])
      }
      if hasEnded {
        guard position < pending.count else { return nil }
        defer { position = pending.count }
        return text(pending[position...])
      }
      pending.removeSubrange(..<position)
      position = 0
      if pending.count > Session.longestLine + Self.partSize {
        pending.removeSubrange((Session.longestLine + 1)...)
      }
      searched = pending.count
      fill()
    }
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
  }

  private mutating func fill() {
    var buffer = [UInt8](repeating: 0, count: Self.partSize)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count > 0 {
      pending += buffer[..<count]
    } else if count == 0 || errno != EINTR || SessionSignals.isEnding {
      hasEnded = true
    }
  }
}
