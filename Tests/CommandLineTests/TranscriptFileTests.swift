import Foundation
import LabTestSupport
import Testing

/// The repository's own transcripts, and those inside the documents, run as `finops-lab test` runs them.
@Suite struct TranscriptFileTests {
  private static let sessions = "Tests/Sessions"

  private func test(_ arguments: [String]) throws -> ProcessRun {
    try ProcessRun.run(
      PackageRoot.builtProduct("finops-lab"), ["test"] + arguments, environment: Lab.environment,
      workingDirectory: PackageRoot.path, timeout: 900)
  }

  @Test func `the transcripts of Tests/Sessions pass`() throws {
    let lab = try Lab()
    let run = try test([Self.sessions, "--junit", lab.folder.file("junit.xml")])
    expectExit(run, 0)
    #expect(try lab.folder.text(of: "junit.xml").contains("failures=\"0\" errors=\"0\""))
  }

  @Test(arguments: ["docs/tutorial.md", "docs/regression-testing.md", "README.md"])
  func `the sessions that a document shows run as they stand`(document: String) throws {
    let text = String(decoding: try PackageRoot.bytes(of: document), as: UTF8.self)
    var transcript = ""
    var files = ""
    for block in text.components(separatedBy: "\n```").dropFirst() {
      guard let end = block.firstIndex(of: "\n") else { continue }
      let head = block[..<end]
      let body = String(block[block.index(after: end)...])
      if head == "session" { transcript += body + "\n" }
      if head.hasPrefix("json "), head.hasSuffix(".json") { files += "-- \(head.dropFirst(5)) --\n\(body)\n" }
    }
    #expect(transcript.contains("lab> "), "\(document) shows a session")
    let lab = try Lab()
    let run = try test([try lab.folder.write(transcript + files, to: "document.session")])
    expectExit(run, 0)
  }

  @Test func `every command of the session stands in a transcript`() throws {
    let folder = PackageRoot.file(Self.sessions)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    let lines = try names.flatMap { name in
      String(decoding: try PackageRoot.bytes(of: "\(Self.sessions)/\(name)"), as: UTF8.self).split(separator: "\n")
    }
    let used = Set(lines.filter { $0.hasPrefix("lab> ") }.compactMap { $0.dropFirst(5).split(separator: " ").first })
    let page = String(decoding: try PackageRoot.bytes(of: "docs/session.md"), as: UTF8.self)
    let commands = page.split(separator: "\n").filter { $0.hasPrefix("### ") }.map { $0.dropFirst(4) }
    #expect(commands.count > 30)
    // An editor and a browser need a terminal and a network: the tests of those have them.
    for command in commands where command != "edit" && command != "view" {
      #expect(used.contains(command), "no transcript of \(Self.sessions) has '\(command)'")
    }
  }

  @Test func `a difference ends in 1 with a unified diff, an update mends it, but no expectation`() throws {
    let lab = try Lab()
    try lab.folder.write(
      "lab> echo one\ntwo\nlab> echo [x]\n[..]\nlab> nonsense\n[exit 66]\nlab> mode table\n-- x --\n",
      to: "a.session")
    let path = lab.folder.file("a.session")
    let failed = try test([path])
    expectExit(failed, 1)
    #expect(failed.output.contains("-two\n+one\n") && failed.output.contains("+[exit 64]"), "\(failed.output)")
    expectExit(try test([path, "--update"]), 0)
    expectExit(try test([path]), 0)
    #expect(try lab.folder.text(of: "a.session").hasPrefix("lab> echo one\none\nlab> echo [x]\n[..]\nlab> nonsense\n"))
    try lab.folder.write("timestamp,provider,cost_usd\n2026-01-05T00:00:00Z,p,1\n", to: "b.csv")
    try lab.folder.write(
      "lab> load \(lab.folder.file("b.csv"))\n...\nlab> expect understanding.total_calls == 2\n", to: "b.session")
    let kept = try lab.folder.text(of: "b.session")
    expectExit(try test([lab.folder.file("b.session"), "--update"]), 1)
    #expect(try lab.folder.text(of: "b.session") == kept)
  }

  @Test func `an update makes no error right that no code foresees, and the reason is told`() throws {
    let lab = try Lab()
    try lab.folder.write("lab> load nosuch\n...\n", to: "c.session")
    for arguments in [[], ["--update"]] {
      let run = try test([lab.folder.file("c.session")] + arguments)
      expectExit(run, 1)
      #expect(run.output.contains("+[exit 66]\n# error: "), "\(run.output)")
    }
    #expect(try lab.folder.text(of: "c.session") == "lab> load nosuch\n...\n")
  }

  @Test func `a filter chooses transcripts, and what means nothing is an error with its line`() throws {
    let lab = try Lab()
    try lab.folder.write("lab> echo a\na\n", to: "t/good.session")
    try lab.folder.write("lab> echo a\n[exitt 1]\n", to: "t/bad.session")
    let good = try test([lab.folder.file("t"), "--filter", "good"])
    expectExit(good, 0)
    #expect(good.output.contains("1 of 1 sessions passed"))
    let bad = try test([lab.folder.file("t")])
    expectExit(bad, 65)
    #expect(bad.output.contains("bad.session:2: error: '[exitt 1]' is no directive"))
    expectExit(try test([lab.folder.file("nowhere")]), 66)
    expectExit(try test([lab.folder.file("t"), "--filter", "("]), 64)
  }
}
