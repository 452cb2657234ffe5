import Foundation
import Glibc
import LabTestSupport
import Testing

@Suite struct ViewTests {
  @Test func `a missing folder is 66, a file instead of one too`() throws {
    let lab = try Lab()
    try lab.folder.write("x", to: "file.csv")
    for folder in ["nosuch", "file.csv"] {
      expectExit(try lab.run("view", folder, "--port", "0"), 64)
      expectExit(try lab.run("view", folder), 66)
    }
  }

  @Test func `a scenario or price book that can't be read is told before it listens`() throws {
    let lab = try Lab()
    try lab.folder.write("{ \"format\": ", to: "broken.json")
    expectExit(try lab.run("view", ".", "--scenario", "broken.json"), 65)
    expectExit(try lab.run("view", ".", "--prices", "broken.json"), 65)
    expectExit(try lab.run("view", ".", "--scenario", "nosuch.json"), 66)
  }

  @Test(arguments: [(SIGINT, 130), (SIGTERM, 143)] as [(Int32, Int32)])
  func `it says where it is, a chosen port that is busy is 69, a default one is passed over, and a signal ends it`(
    signal: Int32, code: Int32
  ) throws {
    let lab = try Lab()
    var viewer = try lab.start("view", ".")
    let isUp = viewer.waits(for: "viewer: http://127.0.0.1:", timeout: 60)
    #expect(isUp)
    let text = viewer.outputText
    let port = try #require(text.split(separator: ":").last?.prefix { $0.isNumber }.description)
    let second = try lab.run("view", ".", "--port", port)
    expectExit(second, 69)
    #expect(second.errors.contains("port \(port) is busy"))
    viewer.closeInput()
    viewer.send(signal: signal)
    let run = viewer.finish(timeout: 60)
    expectExit(run, code)
    #expect(try lab.folder.names() == [], "nothing is left behind")
  }

  @Test func `the end of the viewer leaves a valid part of a simulation`() throws {
    let lab = try Lab()
    try lab.folder.write(
      """
      { "format": "finops-lab/scenario/1", "duration": "2d",
        "population": { "customers": 40, "organizations": 5 },
        "traffic": { "calls_per_hour": 60, "repeat_until": { "rows": 40000000 } } }
      """, to: "scenarios/long.json")
    var viewer = try lab.start("view", ".", "--verbose")
    let isUp = viewer.waits(for: "viewer: http://127.0.0.1:", timeout: 60)
    #expect(isUp)
    let text = viewer.outputText
    let port = try #require(text.split(separator: ":").last?.prefix { $0.isNumber }.description)
    let client = try SocketClient(port: try #require(Int(port)))
    client.send(
      "POST /api/simulate?scenario=long HTTP/1.1\r\nHost: localhost:\(port)\r\nX-Requested-With: finops-lab\r\n\r\n")
    #expect(client.receive()?.contains("202 Accepted") == true)
    // By its size: a release build writes some hundred megabytes a second.
    let part = lab.folder.file("long.csv.part")
    func size() -> UInt64 {
      ((try? FileManager.default.attributesOfItem(atPath: part))?[.size] as? NSNumber)?.uint64Value ?? 0
    }
    for _ in 0..<4000 where size() < 100_000 { usleep(5000) }
    viewer.closeInput()
    viewer.send(signal: SIGINT)
    let run = viewer.finish(timeout: 60)
    expectExit(run, 130)
    #expect(!lab.folder.exists("long.csv") && !lab.folder.exists("long.csv.lock"))
    let handle = try #require(FileHandle(forReadingAtPath: part))
    defer { try? handle.close() }
    try handle.seek(toOffset: try #require(size() > 0 ? size() - 1 : nil))
    #expect(try handle.readToEnd() == Data("\n".utf8), "whole rows only")
  }
}
