import Glibc

/// Counts line feeds with the C library's search.
///
/// Invariant: every search stays between the buffer's start and its end.
enum LineFeeds {
  static func count(in bytes: [UInt8]) -> Int64 {
    unsafe bytes.withUnsafeBytes { buffer in
      guard var position = buffer.baseAddress else { return 0 }
      let end = unsafe position + buffer.count
      var count: Int64 = 0
      while unsafe position < end, let found = unsafe memchr(position, 0x0a, end - position) {
        count += 1
        unsafe position = UnsafeRawPointer(found) + 1
      }
      return count
    }
  }
}
