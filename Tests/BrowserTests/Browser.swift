import Foundation
import LabJSON
import LabTestSupport
import Testing

/// Headless Chromium through Playwright for Python, where both are installed (`make test` installs them).
enum Browser {
  /// What is asked about one page.
  struct Job: Encodable {
    var page: String
    /// Whether the accessibility rules of axe-core are run, in light and dark.
    var axe = false
    /// Whether a table is sorted and a CSV downloaded.
    var interact = false
    /// Whether the page is opened without JavaScript instead.
    var plain = false
  }

  static let isPresent: Bool = {
    let run = try? ProcessRun.run("/usr/bin/env", ["python3", "-c", "import playwright, axe_playwright_python"])
    return run?.exitCode == 0 && FileManager.default.fileExists(atPath: "/usr/bin/chromium")
  }()
  /// The sentence that the test run shows when it isn't there.
  static let absence: Comment =
    "skipped: chromium, or playwright and axe-playwright-python for python3, are not installed"

  /// What the browser saw, one object per job. One browser opens all pages, with the network off.
  static func audit(_ jobs: [Job]) throws -> [JSONNode] {
    let folder = try TemporaryFolder("browser")
    let list = try folder.write([UInt8](JSONEncoder().encode(jobs)), to: "jobs.json")
    let run = try ProcessRun.run(
      "/usr/bin/env", ["python3", PackageRoot.file("Tests/BrowserTests/audit.py"), list], timeout: 1500)
    guard run.exitCode == 0 else { throw Failure(text: "\(run.end) \(run.errors)") }
    return try run.output.split(separator: "\n").map {
      try JSONReader.read(Array($0.utf8), name: "audit").root
    }
  }

  struct Failure: Error, CustomStringConvertible {
    var text: String
    var description: String { text }
  }
}

extension JSONNode {
  var strings: [String] { (array ?? []).compactMap(\.string) }
  var integer: Int { number?.integer.map { Int($0) } ?? 0 }
}
