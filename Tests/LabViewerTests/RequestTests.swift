import Foundation
import LabCore
import LabJSON
import LabTestSupport
import Testing

@testable import LabViewer

@Suite struct RequestTests {
  @Test func `pages, assets and reports are served with the fields that keep them safe`() throws {
    try Desk.serving(files: [
      "data/small.csv": SampleUsage.header + SampleUsage.rows(3), "reports/small/index.html": "<p>the report</p>",
      "reports/small/assets/report.css": "p{}", "reports/small/tables/by_model.csv": "a,b\n",
      "reports/small/secret.html": "no",
      "reports/small/manifest.json":
        "{\"files\":[{\"name\":\"assets/report.css\"},{\"name\":\"tables/by_model.csv\"},{\"name\":\"../../secret\"}]}",
    ]) { _, client in
      for (path, type, text) in [
        ("/", "text/html", "finops-lab"), ("/assets/viewer.css", "text/css", "body"),
        ("/assets/viewer.js", "text/javascript", "use strict"), ("/index.html", "text/html", "the report"),
        ("/assets/report.css", "text/css", "p{}"), ("/tables/by_model.csv", "text/csv", "a,b"),
        ("/manifest.json", "application/json", "files"),
      ] {
        let reply = try client.get(path)
        #expect(reply.status == 200, "\(path)")
        #expect(reply.fields["content-type"]?.hasPrefix(type) == true, "\(path)")
        #expect(reply.body.contains(text), "\(path)")
        expectSafe(reply)
        let head = try client.send("HEAD", path)
        #expect(head.status == 200 && head.body.isEmpty, "\(path)")
        #expect(head.fields["content-length"] == reply.fields["content-length"], "\(path)")
      }
      #expect(try client.get("/secret.html").status == 404, "what no report writes is not served")
    }
  }

  private func expectSafe(_ reply: HTTPClient.Reply) {
    #expect(reply.fields["x-content-type-options"] == "nosniff")
    #expect(reply.fields["referrer-policy"] == "no-referrer")
    #expect(reply.fields["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self'") == true)
    #expect(reply.fields["cross-origin-resource-policy"] == "same-origin")
    #expect(!reply.fields.keys.contains { $0.hasPrefix("access-control") })
    #expect(!reply.fields.keys.contains("server"))
  }

  @Test func `what isn't there is 404, as a page or as JSON, without a path or trace`() throws {
    try Desk.serving { desk, client in
      for path in ["/nothing", "/api/nothing", "/understanding.html", "/summary.json", "/api/status/", "//", "/api"] {
        let reply = try client.get(path)
        #expect(reply.status == 404, "\(path)")
        expectSafe(reply)
        #expect(!reply.body.contains(desk.folder.path))
        let isJSON = path.hasPrefix("/api/") || path.hasSuffix(".json")
        #expect(reply.json?["error"] != nil || !isJSON, "\(path)")
      }
    }
  }

  @Test func `no encoding of a path leads out of the folder`() throws {
    try Desk.serving(files: [
      "data/small.csv": SampleUsage.header + SampleUsage.rows(3), "reports/small/index.html": "fine",
      "secret.html": "secret", "reports/secret.html": "secret",
    ]) { _, client in
      for path in [
        "/../secret.html", "/..%2fsecret.html", "/%2e%2e/secret.html", "/%2e%2e%2fsecret.html",
        "/%252e%252e%252fsecret.html", "/..\\secret.html", "/..%5csecret.html", "/..%c0%afsecret.html",
        "/assets/../../secret.html", "/assets/..%2f..%2fsecret.html", "/./index.html", "//index.html",
        "/tables/../index.html", "/index.html%00.css", "/index%2ehtml", "/etc/passwd", "/%2fetc%2fpasswd",
        "http://127.0.0.1/../secret.html", "/....//secret.html", "/;/secret.html", "/.%00./secret.html",
      ] {
        let reply = try client.get(path)
        #expect(reply.status == 404 || reply.status == 400, "\(path): \(reply.status)")
        #expect(!reply.body.contains("secret"), "\(path)")
      }
      #expect(try client.get("/index.html?../../secret.html").body == "fine", "a query is no path")
    }
  }

  @Test func `each address takes its own methods alone`() throws {
    try Desk.serving { _, client in
      for path in ["/", "/api/status", "/api/events", "/assets/viewer.js"] {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
          let reply = try client.send(method, path, ["X-Requested-With: finops-lab"])
          #expect(reply.status == 405, "\(method) \(path)")
          #expect(reply.fields["allow"] == "GET, HEAD")
        }
      }
      for path in ["/api/run-all", "/api/run-analyzer?id=understanding", "/api/simulate", "/api/load", "/api/cancel"] {
        for method in ["GET", "HEAD", "PUT", "DELETE"] {
          let reply = try client.send(method, path, ["X-Requested-With: finops-lab"])
          #expect(reply.status == 405, "\(method) \(path)")
          #expect(reply.fields["allow"] == "POST")
        }
      }
    }
  }

  @Test func `only our own host, origin and page get an answer`() throws {
    try Desk.serving { desk, client in
      let port = client.port
      for host in ["127.0.0.1:\(port)", "localhost:\(port)", "LOCALHOST:\(port)", "[::1]:\(port)"] {
        #expect(try client.send("GET", "/api/status", host: host).status == 200, "\(host)")
      }
      for host in [
        "evil.example", "evil.example:\(port)", "127.0.0.1", "localhost", "127.0.0.1:\(port + 1)",
        "127.0.0.1.evil:\(port)",
        "127.0.0.2:\(port)", "",
      ] {
        for path in ["/", "/api/status", "/nothing"] {
          let reply = try client.send("GET", path, host: host)
          #expect(reply.status == 421, "\(host) \(path)")
          expectSafe(reply)
        }
      }
      #expect(try client.raw("GET / HTTP/1.0\r\n\r\n").status == 421, "no host at all")
      #expect(try client.send("GET", "/api/status", ["Host: evil.example"]).status == 421, "a second host")
      for origin in [
        "http://evil.example", "null", "https://127.0.0.1:\(port)", "http://127.0.0.1:\(port + 1)", "http://127.0.0.1",
      ] {
        for (method, path) in [("GET", "/api/status"), ("POST", "/api/run-all"), ("OPTIONS", "/api/run-all")] {
          let reply = try client.send(method, path, ["Origin: \(origin)", "X-Requested-With: finops-lab"])
          #expect(reply.status == 403, "\(origin) \(method)")
          expectSafe(reply)
        }
      }
      #expect(try client.send("GET", "/api/status", ["Origin: http://localhost:\(port)"]).status == 200)
      // Without our field a form or an image of another page could start work.
      for fields in [[], ["X-Requested-With: XMLHttpRequest"], ["Content-Type: application/x-www-form-urlencoded"]] {
        for path in [
          "/api/run-all", "/api/run-analyzer?id=understanding", "/api/simulate?scenario=peak",
          "/api/load?file=small.csv", "/api/cancel?id=1",
        ] {
          #expect(try client.send("POST", path, fields).status == 403, "\(path)")
        }
      }
      #expect(!desk.core.board.jobs.contains { $0.kind != .load }, "nothing was started")
    }
  }

  @Test func `a preflight of another page gets no permission`() throws {
    try Desk.serving { _, client in
      let reply = try client.send(
        "OPTIONS", "/api/run-all",
        [
          "Origin: http://evil.example", "Access-Control-Request-Method: POST",
          "Access-Control-Request-Headers: x-requested-with",
        ])
      #expect(reply.status == 403)
      expectSafe(reply)
    }
  }

  @Test func `too much of anything is refused in time`() throws {
    try Desk.serving { _, client in
      let long = String(repeating: "a", count: 20_000)
      #expect(try client.send("GET", "/api/status", ["X-Long: \(long)"]).status == 431)
      #expect(try client.send("GET", "/?\(long)").status == 431)
      #expect(try client.send("GET", "/api/status", (0..<80).map { "X-\($0): 1" }).status == 431)
      #expect(
        try client.send("POST", "/api/run-all", ["Content-Length: 70000", "X-Requested-With: finops-lab"]).status == 413
      )
      #expect(
        try client.send("POST", "/api/run-all", ["Content-Length: 99999999999999", "X-Requested-With: finops-lab"])
          .status
          == 413)
      let chunks = String(repeating: "2000\r\n\(String(repeating: "b", count: 8192))\r\n", count: 9)
      let chunked = try client.raw(
        "POST /api/run-all HTTP/1.1\r\nHost: 127.0.0.1:\(client.port)\r\nTransfer-Encoding: chunked\r\n"
          + "X-Requested-With: finops-lab\r\n\r\n\(chunks)")
      #expect(chunked.status == 413)
      for text in ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\r\n\r\n"] {
        #expect(try client.raw(text).status == 400, "\(text)")
      }
      #expect(try client.get("/api/status").status == 200, "it goes on")
    }
  }

  @Test func `strange targets do no harm`() throws {
    try Desk.serving { _, client in
      for target in ["*", "http://", "http://:", "http://a:b/", "?", "://", "/?&&=&id", "/api/status?%", "/%"] {
        let reply = try? client.get(target)
        #expect(reply.map { [200, 400, 404].contains($0.status) } ?? true, "\(target)")
      }
      let after = try client.get("/api/status")
      #expect(after.status == 200)
    }
  }

  @Test func `a connection serves several requests, sent one by one or all at once`() throws {
    try Desk.serving { _, client in
      let one = "GET /api/status HTTP/1.1\r\nHost: localhost:\(client.port)\r\n"
      let reply = try client.raw(String(repeating: one + "\r\n", count: 3) + one + "Connection: close\r\n\r\n")
      #expect(reply.raw.components(separatedBy: "HTTP/1.1 200 OK").count == 5)
    }
  }
}
