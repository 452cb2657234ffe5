import Foundation
import LabCore
import LabTestSupport
import Testing

@testable import LabViewer

/// Requests that are damaged after their header, and connections that must end with their answer.
@Suite struct BodyTests {
  /// A request for a job that isn't there: a whole one is answered with 404.
  private static func request(_ port: Int, _ fields: [String], version: String = "1.1") -> String {
    let lines =
      ["POST /api/cancel?id=x HTTP/\(version)", "Host: 127.0.0.1:\(port)", "X-Requested-With: finops-lab"] + fields
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// The statuses of all answers on a connection that the viewer must end by itself, without waiting for anybody.
  private func statuses(
    _ client: HTTPClient, _ text: String, endSending: Bool = false, within time: Duration = .seconds(5)
  ) throws -> [Int] {
    let socket = try SocketClient(port: client.port)
    socket.send(text)
    if endSending { socket.endSending() }
    let started = ContinuousClock.now
    var answer = ""
    while let part = socket.receive() { answer += part }
    #expect(ContinuousClock.now - started < time, "the connection stayed open")
    return answer.components(separatedBy: "HTTP/1.").dropFirst().compactMap { Int($0.dropFirst(2).prefix(3)) }
  }

  @Test func `a damaged body is answered with 400 before the connection ends`() throws {
    try Desk.serving { (_, client) throws in
      let port = client.port
      for chunks in [
        "zz\r\nabc\r\n0\r\n\r\n", "-1\r\nabc\r\n", "ffffffffffffffffff\r\nabc", "3\r\nabcXX0\r\n\r\n",
        "3\r\nabc\r\nzz\r\n", "3\r\nabc\r\n0\r\nbad trailer\r\n\r\n",
      ] {
        let text = Self.request(port, ["Transfer-Encoding: chunked"]) + chunks
        #expect(try statuses(client, text) == [400], "\(chunks)")
      }
      #expect(try statuses(client, Self.request(port, ["Transfer-Encoding: gzip"]) + "abc") == [400])
      for length in ["-1", "abc", "1e3", "+3", "", "3, 4", "18446744073709551616"] {
        #expect(try statuses(client, Self.request(port, ["Content-Length: \(length)"]) + "abc") == [400], "\(length)")
      }
    }
  }

  @Test func `a body that is cut short is answered with 400, and one that never comes with 408`() throws {
    var limits = ViewerLimits()
    limits.bodySeconds = 1
    try Desk.serving(limits: limits) { (_, client) throws in
      for text in [
        Self.request(client.port, ["Content-Length: 10"]) + "abc",
        Self.request(client.port, ["Transfer-Encoding: chunked"]) + "5\r\nab",
      ] {
        #expect(try statuses(client, text, endSending: true) == [400])
        #expect(try statuses(client, text) == [408])
      }
    }
  }

  @Test func `a length beyond all numbers is too large, and is not waited for`() throws {
    try Desk.serving { (_, client) throws in
      for length in ["70000", "9223372036854775807", "9223372036854775808"] {
        let text = Self.request(client.port, ["Content-Length: \(length)"]) + "abc"
        #expect(try statuses(client, text) == [413], "\(length)")
      }
    }
  }

  @Test func `whole requests are answered before what follows them is refused`() throws {
    try Desk.serving { (_, client) throws in
      let whole = Self.request(client.port, ["Content-Length: 1"]) + "a"
      #expect(try statuses(client, whole + "{\"x\":1}") == [404, 400], "a body longer than its length")
      #expect(try statuses(client, whole + whole + "\u{0}\u{1}\r\n\r\n") == [404, 404, 400])
      #expect(try statuses(client, whole + Self.request(client.port, ["Content-Length: 70000"])) == [404, 413])
    }
  }

  @Test func `whatever is in a body that nobody asked for, the request is answered`() throws {
    try Desk.serving { (_, client) throws in
      for body in ["{nope", "[1,2]", "{\"id\":5}", "\u{0}\u{0}", String(repeating: "[", count: 60_000)] {
        let fields = ["Content-Length: \(body.utf8.count)", "Connection: close"]
        #expect(try statuses(client, Self.request(client.port, fields) + body) == [404], "\(body.prefix(9))")
      }
    }
  }

  @Test func `a connection ends with the answer to HTTP 1.0, or to whoever asks for it in any case`() throws {
    try Desk.serving { (_, client) throws in
      let host = "Host: 127.0.0.1:\(client.port)\r\n"
      for (target, status) in [("/", 200), ("/api/status", 200), ("/nothing", 404)] {
        for method in ["GET", "HEAD"] {
          #expect(try statuses(client, "\(method) \(target) HTTP/1.0\r\n\(host)\r\n") == [status], "\(target)")
        }
      }
      #expect(try statuses(client, Self.request(client.port, ["Content-Length: 0"], version: "1.0")) == [404])
      for word in ["close", "Close", "TE, CLOSE"] {
        #expect(
          try statuses(client, "GET /api/status HTTP/1.1\r\n\(host)Connection: \(word)\r\n\r\n") == [200], "\(word)")
      }
    }
  }

  @Test func `events go to HTTP 1.0 without chunks`() throws {
    try Desk.serving { (_, client) throws in
      let socket = try SocketClient(port: client.port)
      socket.send("GET /api/events HTTP/1.0\r\nHost: 127.0.0.1:\(client.port)\r\n\r\n")
      var text = ""
      while !text.contains("\n\n"), let part = socket.receive() { text += part }
      #expect(!text.lowercased().contains("transfer-encoding"))
      #expect(text.contains("\r\n\r\nevent: status\ndata: {"))
    }
  }

  @Test func `a client that asks whether to send its body is told to`() throws {
    try Desk.serving { (_, client) throws in
      let socket = try SocketClient(port: client.port)
      socket.send(Self.request(client.port, ["Content-Length: 3", "Expect: 100-continue", "Connection: close"]))
      let first = socket.receive() ?? ""
      #expect(first.hasPrefix("HTTP/1.1 100 Continue\r\n\r\n"))
      socket.send("abc")
      var answer = first.dropFirst("HTTP/1.1 100 Continue\r\n\r\n".count)
      while let part = socket.receive() { answer += part }
      #expect(answer.hasPrefix("HTTP/1.1 404"))
    }
  }

  @Test func `an answer reaches a client that reads late, though the connection ends after it`() throws {
    let large = String(repeating: "0123456789abcdef", count: 1 << 19)
    try Desk.serving(files: [
      "data/small.csv": SampleUsage.header + SampleUsage.rows(3), "reports/small/index.html": large,
      "reports/small/manifest.json": "{\"files\":[]}",
    ]) { (_, client) throws in
      let socket = try SocketClient(port: client.port)
      socket.send("GET /index.html HTTP/1.0\r\nHost: 127.0.0.1:\(client.port)\r\n\r\n")
      // Longer than the moment that a client gets once it has been sent everything.
      usleep(1_500_000)
      var text = ""
      while let part = socket.receive() { text += part }
      #expect(text.hasSuffix("\r\n\r\n" + large))
    }
  }
}
