import Glibc
import LabSession

/// The lines of standard input, each as soon as it is there. Invariant: the buffer is valid for the length that is handed
/// with it.
struct StandardInputLines: Sequence, IteratorProtocol {
  private var pending: [UInt8] = []
  private var position = 0
  private var hasEnded = false

  mutating func next() -> String? {
    while true {
      if let end = pending[position...].firstIndex(of: UInt8(ascii: "\n")) {
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
      fill()
    }
  }

  private func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
  }

  private mutating func fill() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(STDIN_FILENO, $0.baseAddress, $0.count) }
    if count > 0 {
      pending += buffer[..<count]
    } else if count == 0 || errno != EINTR || SessionSignals.isEnding {
      hasEnded = true
    }
  }
}
