import Foundation
import Glibc
import LabCore
import LabJSON
import LabTestSupport
import Testing

@testable import LabViewer

@Suite struct ConnectionTests {
  @Test func `a page gets the status at once, then events, and its stream ends with it`() throws {
    var limits = ViewerLimits()
    limits.heartbeatSeconds = 0.2
    try Desk.serving(limits: limits) { desk, client in
      do {
        let page = try SocketClient(port: client.port)
        page.send("GET /api/events HTTP/1.1\r\nHost: localhost:\(client.port)\r\n\r\n")
        var text = ""
        while !text.contains(": still here"), let part = page.receive() { text += part }
        #expect(text.contains("content-type: text/event-stream") || text.contains("Content-Type: text/event-stream"))
        #expect(text.contains("event: status\ndata: {\"timestamp\""))
        #expect(text.contains(": still here\n\n"))
        #expect(desk.core.hub.count == 1)
      }
      waitFor("the end of the stream") { desk.core.hub.count == 0 }
    }
  }

  @Test func `pages that come and go leave nothing behind`() throws {
    try Desk.serving { desk, client in
      for _ in 0..<300 {
        let page = try SocketClient(port: client.port)
        page.send("GET /api/events HTTP/1.1\r\nHost: localhost:\(client.port)\r\n\r\n")
        _ = page.receive()
      }
      waitFor("all streams to end") { desk.core.hub.count == 0 && desk.server.registry.count == 0 }
    }
  }

  @Test func `more pages than allowed are told so`() throws {
    var limits = ViewerLimits()
    limits.eventStreams = 1
    try Desk.serving(limits: limits) { desk, client in
      let page = try SocketClient(port: client.port)
      page.send("GET /api/events HTTP/1.1\r\nHost: localhost:\(client.port)\r\n\r\n")
      waitFor("the first") { desk.core.hub.count == 1 }
      let second = try client.get("/api/events")
      #expect(second.status == 503 && second.json?["error"] != nil)
      _ = consume page
    }
  }

  @Test func `half-open connections make room and don't hold up others`() throws {
    var limits = ViewerLimits()
    limits.connections = 20
    try Desk.serving(limits: limits) { desk, client in
      try withClients(100, port: client.port) {
        waitFor("the limit") { desk.server.registry.count <= 20 }
        let started = ContinuousClock.now
        let reply = try client.get("/api/status")
        #expect(reply.status == 200)
        #expect(ContinuousClock.now - started < .seconds(2))
      }
    }
  }

  /// Opens connections that send half a header and nothing more.
  private func withClients(_ count: Int, port: Int, _ body: () throws -> Void) throws {
    guard count > 0 else { return try body() }
    let client = try SocketClient(port: port)
    client.send("GET / HTTP/1.1\r\nHost: loc")
    try withClients(count - 1, port: port, body)
    _ = consume client
  }

  @Test func `a header, a body and a pause that take too long end the connection`() throws {
    var limits = ViewerLimits()
    limits.headerSeconds = 1
    limits.bodySeconds = 1
    limits.idleSeconds = 1
    try Desk.serving(limits: limits) { desk, client in
      for text in [
        "", "GET / HTTP/1.1\r\nHo",
        "POST /api/run-all HTTP/1.1\r\nHost: localhost:\(client.port)\r\nContent-Length: 9\r\n\r\nx",
        "GET /api/status HTTP/1.1\r\nHost: localhost:\(client.port)\r\n\r\n",
      ] {
        let slow = try SocketClient(port: client.port)
        if !text.isEmpty { slow.send(text) }
        let started = ContinuousClock.now
        while slow.receive() != nil {}
        #expect(ContinuousClock.now - started < .seconds(5), "\(text)")
      }
      waitFor("no connection") { desk.server.registry.count == 0 }
    }
  }

  @Test func `a busy port is an error when it was chosen, and else the next one is taken`() throws {
    try Desk.serving { desk, client in
      let folder = desk.folder.path
      let fixed = try ViewerServer(
        .init(folder: folder, port: client.port, isPortFixed: true), Desk.environment(), writeReport: plainReports)
      let failure = #expect(throws: LabFailure.self) { try fixed.start() }
      #expect(failure?.kind == .unavailable)
      fixed.stop(grace: 0)
      let next = try ViewerServer(
        .init(folder: folder, port: client.port), Desk.environment(), writeReport: plainReports)
      try next.start()
      #expect(try #require(next.port) > client.port)
      next.stop(grace: 0)
    }
  }

  @Test func `it listens on the loopback alone`() throws {
    try Desk.serving { _, client in
      let isAlone = try loopbackOnly(port: client.port)
      #expect(isAlone)
    }
  }

  /// Whether the port is bound to 127.0.0.1 and to nothing else, by the system's own table.
  private func loopbackOnly(port: Int) throws -> Bool {
    let wanted = ":" + String(port, radix: 16, uppercase: true)
    var found: [String] = []
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
      guard let text = try? String(contentsOfFile: table, encoding: .utf8) else { continue }
      for line in text.split(separator: "\n") {
        let fields = line.split(separator: " ")
        // State 0A is listening.
        if fields.count > 3, fields[1].hasSuffix(wanted), fields[3] == "0A" { found.append(String(fields[1])) }
      }
    }
    return found == ["0100007F" + wanted]
  }

  @Test func `a missing folder is said before anything starts`() throws {
    for folder in ["/nonexistent/place", "/dev/null"] {
      let failure = #expect(throws: LabFailure.self) { try ViewerServer(.init(folder: folder), Desk.environment()) }
      #expect(failure?.kind == .notFound)
    }
  }
}
