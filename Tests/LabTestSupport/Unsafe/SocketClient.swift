import Glibc

/// A connection to a port of this machine, for requests that no HTTP library would send.
///
/// Invariant: `descriptor` is open and owned by this value until it ends; every buffer handed to the system is valid for the
/// length that is handed with it.
@safe public struct SocketClient: ~Copyable {
  private let descriptor: Int32

  /// Connects to 127.0.0.1.
  public init(port: Int, timeout: Int = 10) throws(ProcessFailure) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ProcessFailure(program: "socket", number: errno) }
    var limit = timeval(tv_sec: timeout, tv_usec: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    let status = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      let number = errno
      close(descriptor)
      throw ProcessFailure(program: "connect", number: number)
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends all bytes; false when the other side is gone.
  @discardableResult
  public func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    return unsafe bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let count = unsafe Glibc.send(
          descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done, Int32(MSG_NOSIGNAL))
        if count > 0 { done += count } else if count < 0, errno == EINTR { continue } else { return false }
      }
      return true
    }
  }

  /// Says that nothing more will be sent; answers can still come.
  public func endSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Some bytes as text; nil at the end of the stream, after an error, or when nothing comes in time.
  public func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
      if count > 0 { return String(decoding: buffer[..<count], as: UTF8.self) }
      if count < 0, errno == EINTR { continue }
      return nil
    }
  }
}
