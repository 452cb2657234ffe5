import Glibc

/// The system's words for an error number, in English whatever the locale is.
///
/// Invariant: the buffer outlives the call, and `strerror_r` ends what it writes with a zero.
enum SystemErrorText {
  static func text(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    let status = unsafe strerror_r(number, &buffer, buffer.count)
    guard status == 0 else { return "error \(number)" }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}
