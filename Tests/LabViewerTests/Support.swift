import Foundation
import LabAnalysis
import LabCore
import LabFiles
import LabJSON
import LabPipeline
import LabTestSupport
import Synchronization
import Testing

@testable import LabViewer

/// A clock that a test sets.
final class TestClock: Sendable {
  private let time = Mutex(Instant(date: CivilDate(year: 2026, month: 3, day: 1)))

  var now: Instant { time.withLock { $0 } }
  func advance(seconds: Int64) { time.withLock { $0 = $0 + .seconds(seconds) } }
}

/// The time of day, for tests that wait for the viewer's own threads.
@Sendable func systemTime() -> Instant { Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6)) }

/// Waits until a condition holds, at most 20 seconds.
func waitFor(_ what: String, sourceLocation: Testing.SourceLocation = #_sourceLocation, _ condition: () -> Bool) {
  for _ in 0..<4000 {
    if condition() { return }
    usleep(5000)
  }
  Issue.record("waited in vain for: \(what)", sourceLocation: sourceLocation)
}

/// Usage rows of the 19 columns of the contract.
enum SampleUsage {
  static let header =
    "timestamp,organization_id,product_id,feature_id,customer_id,customer_archetype,subscription_tier,tier_price_usd,"
    + "provider,model,region,input_tokens,output_tokens,total_tokens,latency_ms,cost_usd,status,error_type,metadata\n"

  /// Rows from number `first` on, a minute apart, one cent each.
  static func rows(_ count: Int, from first: Int = 0) -> String {
    var text = ""
    for number in first..<(first + count) {
      let time = Instant(date: CivilDate(year: 2026, month: 1, day: 5)) + .minutes(Int64(number))
      text +=
        "\(time),org-1,saas-platform,chat,cust-\(number % 7),light,pro,199,openai,gpt-4o,us-east,100,50,150,420.5,"
        + "0.010000000,success,,\n"
    }
    return text
  }
}

/// What a test's report writer writes: a page per analyzer that has a result.
let plainReports: ViewerCore.ReportWriting = { _, outcome, folder throws(LabFailure) in
  do throws(FileError) {
    try FileSystem.createFolder(folder)
    for id in ["index"] + outcome.results.map(\.id) {
      try FileSystem.replace(Path.joined(folder, id + ".html"), with: Array("<p>\(id)</p>".utf8))
    }
  } catch { throw error.failure }
}

/// A viewer over a folder of its own.
struct Desk {
  let folder: TemporaryFolder
  let server: ViewerServer
  let core: ViewerCore

  init(
    files: [String: String] = ["data/small.csv": SampleUsage.header + SampleUsage.rows(30)],
    scenario: String? = nil, limits: ViewerLimits = ViewerLimits(),
    now: @escaping @Sendable () -> Instant = systemTime,
    writeReport: @escaping ViewerCore.ReportWriting = plainReports
  ) throws {
    folder = try TemporaryFolder("viewer")
    for (name, text) in files { try folder.write(text, to: name) }
    var options = ViewerServer.Options(folder: folder.path, port: 0)
    options.limits = limits
    if let scenario { options.scenario = folder.file(scenario) }
    server = try ViewerServer(options, Desk.environment(now: now), writeReport: writeReport)
    core = server.core
  }

  static func environment(now: @escaping @Sendable () -> Instant = systemTime) -> LabEnvironment {
    LabEnvironment(threads: 2, now: now, version: "test", binary: { Fingerprint.of("test") })
  }

  /// Runs a body with the listening server.
  static func serving(
    files: [String: String] = ["data/small.csv": SampleUsage.header + SampleUsage.rows(30)],
    scenario: String? = nil, limits: ViewerLimits = ViewerLimits(), _ body: (Desk, HTTPClient) throws -> Void
  ) throws {
    let desk = try Desk(files: files, scenario: scenario, limits: limits)
    try desk.server.start()
    defer { desk.server.stop(grace: 5) }
    try body(desk, HTTPClient(port: try #require(desk.server.port)))
  }
}

/// Sends requests byte by byte as a test writes them.
struct HTTPClient {
  let port: Int

  struct Reply {
    var status: Int
    var fields: [String: String]
    var body: String
    /// The bytes as they came.
    var raw: String

    var json: JSONNode? { try? JSONReader.read(Array(body.utf8), name: "reply").root }
  }

  /// A request with our own host and the fields that are given.
  func send(_ method: String, _ target: String, _ fields: [String] = [], host: String? = nil) throws -> Reply {
    let lines = ["\(method) \(target) HTTP/1.1", "Host: \(host ?? "127.0.0.1:\(port)")", "Connection: close"] + fields
    return try raw(lines.joined(separator: "\r\n") + "\r\n\r\n")
  }

  func get(_ target: String) throws -> Reply { try send("GET", target) }

  /// A `POST` as the page sends it.
  func post(_ target: String) throws -> Reply {
    try send("POST", target, ["X-Requested-With: finops-lab", "Content-Length: 0"])
  }

  /// Sends text and reads until the connection ends.
  func raw(_ text: String) throws -> Reply {
    let client = try SocketClient(port: port)
    client.send(text)
    var answer = ""
    while let part = client.receive() { answer += part }
    return try Self.parse(answer)
  }

  static func parse(_ raw: String) throws -> Reply {
    let border = try #require(raw.range(of: "\r\n\r\n"), "no header in: \(raw.prefix(200))")
    let lines = raw[..<border.lowerBound].components(separatedBy: "\r\n")
    let status = try #require(lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    return Reply(status: status, fields: fields, body: String(raw[border.upperBound...]), raw: raw)
  }
}
