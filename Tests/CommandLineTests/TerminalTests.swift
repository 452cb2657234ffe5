import Foundation
import Glibc
import LabTestSupport
import Testing

/// The session through a real pseudo-terminal.
@Suite struct TerminalTests {
  /// A session in a folder of its own, with a history of its own.
  private final class Desk {
    let lab: Lab
    var terminal: PseudoTerminal

    init(
      _ lab: Lab, program: String = PackageRoot.builtProduct("finops-lab"), arguments: [String] = [],
      variables: [String: String] = [:]
    ) throws {
      self.lab = lab
      var environment = Lab.environment
      environment["HOME"] = lab.folder.path
      environment["TERM"] = "xterm"
      environment["NO_COLOR"] = "1"
      environment["PAGER"] = "cat"
      for (name, value) in variables { environment[name] = value }
      terminal = try PseudoTerminal(
        program, arguments, environment: environment, workingDirectory: lab.folder.path)
    }

    /// Waits for text, and says what there was instead.
    func expect(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) {
      let came = terminal.waits(for: text)
      #expect(came, "no '\(text)' in: \(rest)", sourceLocation: sourceLocation)
    }

    func exitCode() -> Int32? { terminal.exitCode() }
    var isSane: Bool { terminal.isSane }
    var text: String { terminal.text }
    var rest: String { terminal.rest }
    var residentKilobytes: Int { terminal.residentKilobytes ?? 0 }

    /// Types a line and waits for the prompt behind its output.
    func run(_ line: String, sourceLocation: SourceLocation = #_sourceLocation) {
      terminal.type(line + "\n")
      expect("\n", sourceLocation: sourceLocation)
      expect("> ", sourceLocation: sourceLocation)
    }
  }

  @Test func `Tab completes commands, paths, values, measures and files`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.type("ver\t\n")
    desk.expect("finops-lab 0.")
    desk.expect("lab> ")
    desk.terminal.type("load sma\t\n")
    desk.expect("loaded scenario \"small\"")
    desk.expect("lab[small]> ")
    desk.terminal.type("set traffic.calls\t 70\n")
    desk.expect("traffic.calls_per_hour: 60 → 70")
    desk.expect("lab[small]> ")
    desk.terminal.type("show features[ch\tcached\t\n")
    desk.expect("features[chat].cached_share")
    desk.expect("lab[small]> ")
    // Several candidates: the second Tab lists them.
    desk.terminal.type("top c\t\t")
    desk.expect("cost_usd")
    // The line is drawn once more below the list.
    desk.expect("> top c")
    // Ctrl-C gives a fresh line.
    desk.terminal.type("\u{3}")
    desk.expect("\nlab[small]> ")
    desk.terminal.type("explain understanding.total_co\t\n")
    desk.expect("the sum of the recorded cost_usd")
    desk.expect("lab[small]> ")
    desk.terminal.type("\u{4}")
    #expect(desk.exitCode() == 0)
    #expect(desk.isSane)
  }

  @Test func `lines are found again by arrows, by Ctrl-R and in the next session, and only their owner may read them`()
    throws
  {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.run("echo one grüße 日本")
    #expect(desk.text.contains("grüße 日本\r\nlab> "), "\(desk.text)")
    desk.run("version")
    desk.run("version")
    desk.terminal.type("ec\u{1b}[A\n")
    desk.expect("\r\none grüße 日本")
    desk.expect("lab> ")
    desk.terminal.type("\u{12}vers")
    desk.expect("version")
    desk.terminal.type("\n")
    desk.expect("finops-lab 0.")
    desk.expect("lab> ")
    desk.terminal.type("quit\n")
    #expect(desk.exitCode() == 0)
    let path = lab.folder.file(".local/state/finops-lab/history")
    #expect(
      try lab.folder.text(of: ".local/state/finops-lab/history")
        == "echo one grüße 日本\nversion\necho one grüße 日本\nversion\nquit\n")
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect((attributes[.posixPermissions] as? Int) == 0o600)
    let second = try Desk(lab)
    second.expect("lab> ")
    second.terminal.type("\u{1b}[A\u{1b}[A\n")
    second.expect("finops-lab 0.")
    second.run("history 2")
    second.terminal.type("\u{4}")
    #expect(second.exitCode() == 0)
  }

  @Test func `Ctrl-C gives a fresh prompt, and stops a run whose part is kept and marked`() throws {
    let lab = try Lab()
    try lab.writeScenario()
    try lab.folder.write("{}", to: "scenarios/.keep")
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.type("ech half a line\u{3}")
    desk.expect("lab> ")
    desk.run("load small")
    desk.run("set traffic.repeat_until '{\"rows\": 3000000}'")
    desk.terminal.type("run\n")
    var waited = 0
    while (try? lab.folder.bytes(of: "data/small.csv.part").count) ?? 0 < 200_000, waited < 3000 {
      usleep(20_000)
      waited += 1
    }
    desk.terminal.type("\u{3}")
    desk.expect("marked as a part")
    desk.expect("lab[small]> ")
    desk.terminal.type("top calls by region 1\n")
    desk.expect("the run was stopped")
    desk.expect("lab[small]> ")
    desk.terminal.type("list runs\n")
    desk.expect("partial")
    desk.expect("lab[small]> ")
    desk.run("echo still here")
    desk.terminal.type("\u{4}")
    #expect(desk.exitCode() == 0)
    #expect(desk.isSane)
  }

  @Test(arguments: [(SIGTERM, 143), (SIGHUP, 143)] as [(Int32, Int32)])
  func `a signal ends the session and gives the terminal back`(signal: Int32, code: Int32) throws {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.type("half a li")
    desk.expect("half a li")
    desk.terminal.send(signal: signal)
    #expect(desk.exitCode() == code)
    #expect(desk.isSane)
  }

  /// A signal that comes while a key is being handled was lost once, and the line waited for the next key.
  @Test func `Ctrl-C right behind a key is never lost`() throws {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    for round in 0..<200 {
      desk.terminal.type("x")
      // Between no time at all and a millisecond after the key.
      usleep(UInt32(round % 20) * 50)
      desk.terminal.type("\u{3}")
      let came = desk.terminal.waits(for: "\nlab> ", timeout: 20)
      guard came else {
        Issue.record("round \(round): no new prompt in \(desk.rest)")
        return
      }
    }
    desk.terminal.type("\u{4}")
    #expect(desk.exitCode() == 0)
    #expect(desk.isSane)
  }

  @Test func `Ctrl-Z stops the session with a sane terminal, and going on gives the line back`() throws {
    let lab = try Lab()
    // A shell with job control, as a person has.
    let desk = try Desk(lab, program: "/bin/bash", arguments: ["--norc", "-i"], variables: ["PS1": "shell$ "])
    desk.expect("shell$ ")
    desk.terminal.type(PackageRoot.builtProduct("finops-lab") + "\n")
    desk.expect("lab> ")
    desk.terminal.type("echo half")
    desk.expect("echo half")
    desk.terminal.type("\u{1a}")
    desk.expect("Stopped")
    desk.expect("shell$ ")
    desk.terminal.type("fg\n")
    desk.expect("lab> echo half")
    desk.terminal.type(" and whole\n")
    desk.expect("\nhalf and whole")
    desk.expect("lab> ")
    desk.terminal.type("\u{4}")
    desk.expect("shell$ ")
    desk.terminal.type("exit\n")
    #expect(desk.exitCode() == 0)
  }

  @Test func `a window that is resized while a line is typed draws it anew`() throws {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.type("echo one two")
    desk.expect("echo one two")
    for columns in [60, 50, 70] {
      desk.terminal.resize(columns: columns, lines: 30)
      desk.expect("echo one two")
    }
    desk.terminal.type("\n")
    desk.expect("\none two")
    desk.expect("lab> ")
    desk.terminal.type("\u{4}")
    #expect(desk.exitCode() == 0)
  }

  /// A crash of the program itself: whatever it was doing, the person's terminal works afterwards.
  @Test(arguments: [SIGSEGV, SIGILL, SIGABRT] as [Int32])
  func `a crash gives the terminal back before it ends the session`(signal: Int32) throws {
    let lab = try Lab()
    let desk = try Desk(lab, variables: ["SWIFT_BACKTRACE": "enable=no"])
    desk.expect("lab> ")
    desk.terminal.type("half a li")
    desk.expect("half a li")
    #expect(!desk.isSane)
    desk.terminal.send(signal: signal)
    #expect(desk.exitCode() == -signal)
    #expect(desk.isSane)
  }

  /// The runtime's own handler of crashes may take its time; it too finds a sane terminal. (Where it asks questions, it sets
  /// the terminal for them itself.)
  @Test func `a crash gives the terminal back before a backtrace begins`() throws {
    let lab = try Lab()
    let desk = try Desk(lab, variables: ["SWIFT_BACKTRACE": "enable=yes,interactive=no"])
    desk.expect("lab> ")
    #expect(!desk.isSane)
    desk.terminal.send(signal: SIGSEGV)
    var waited = 0
    while !desk.isSane, waited < 1000 {
      usleep(20_000)
      waited += 1
    }
    #expect(desk.isSane)
  }

  @Test func `edit opens the editor on the scenario, loads what it wrote, and keeps the former when that is broken`()
    throws
  {
    let lab = try Lab()
    try lab.writeScenario()
    try lab.folder.write(
      """
      case "$(cat step)" in
        1) sed -i 's/"calls_per_hour": [0-9]*/"calls_per_hour": 77/' "$1" ;;
        2) echo '{ "format": ' > "$1" ;;
      esac

      """, to: "editor.sh")
    try lab.folder.write("0\n", to: "step")
    let desk = try Desk(lab, variables: ["EDITOR": "sh editor.sh"])
    desk.expect("lab> ")
    desk.run("load small")
    desk.terminal.type("edit\n")
    desk.expect("nothing was changed")
    desk.expect("lab[small]> ")
    try lab.folder.write("1\n", to: "step")
    desk.terminal.type("edit\n")
    desk.expect("loaded scenario \"small\"")
    desk.expect("lab[small]> ")
    desk.terminal.type("show traffic.calls_per_hour\n")
    desk.expect("77")
    desk.expect("lab[small]> ")
    try lab.folder.write("2\n", to: "step")
    desk.terminal.type("edit\n")
    desk.expect("error: ")
    desk.expect("lab[small]> ")
    desk.terminal.type("show traffic.calls_per_hour\n")
    desk.expect("77")
    desk.expect("lab[small]> ")
    desk.terminal.type("\u{4}")
    #expect(desk.exitCode() == 0)
    #expect(desk.isSane)
  }

  @Test func `a closed terminal ends the session`() throws {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.hangUp()
    let code = desk.exitCode()
    #expect(code == 143 || code == 0, "\(String(describing: code))")
  }

  @Test func `tables fit the window, also after it was resized`() throws {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.resize(columns: 50, lines: 30)
    usleep(200_000)
    let before = desk.text.utf8.count
    desk.run("list analyzers")
    let output = String(decoding: Array(desk.text.utf8.dropFirst(before)), as: UTF8.self)
    let widths = output.split(separator: "\r\n").map(\.count)
    #expect(widths.max() ?? 0 <= 50, "\(output)")
    desk.terminal.type("quit\n")
    #expect(desk.exitCode() == 0)
  }

  @Test func `ten thousand pasted lines are all run, and memory stays`() throws {
    let lab = try Lab()
    let desk = try Desk(lab)
    desk.expect("lab> ")
    desk.terminal.type(String(repeating: "echo x\n", count: 1000))
    desk.run("echo first-thousand")
    desk.expect("first-thousand")
    let before = desk.residentKilobytes
    desk.terminal.type(String(repeating: "echo x\n", count: 9000))
    desk.terminal.type("echo the-end-of-it\n")
    desk.expect("\r\nthe-end-of-it")
    let after = desk.residentKilobytes
    #expect(before > 0 && after - before < 4096, "\(before) kB before, \(after) kB after")
    // Every line was read at a prompt of its own. (What it printed may stand between characters that the terminal echoed
    // while a command ran, so that isn't counted.)
    #expect(desk.text.split(separator: "\r\n").count { $0.hasSuffix("lab> echo x") } == 10_000)
    desk.terminal.type("quit\n")
    #expect(desk.exitCode() == 0)
  }

  @Test func `long output goes through the pager, and a setting of one's own binds keys`() throws {
    let lab = try Lab()
    try lab.folder.write("bind \"^G\" ed-prev-history\n", to: ".editrc")
    let desk = try Desk(lab, variables: ["PAGER": "sed s/^/paged:/"])
    desk.expect("lab> ")
    desk.terminal.type("help\n")
    desk.expect("paged:help")
    desk.expect("lab> ")
    // A run's verdict is on the screen when the pager has taken the rest away.
    try lab.writeScenario(
      adding: #""thresholds": [ { "id": "most", "metric": "understanding.total_calls", "must": "<= 1" } ]"#)
    desk.terminal.type("load small\n")
    desk.expect("lab[small]> ")
    desk.terminal.type("run\n")
    desk.expect("paged:Done: 0 of 1 thresholds passed, 1 FAILED.")
    desk.expect("\nDone: 0 of 1 thresholds passed, 1 FAILED.")
    desk.expect("lab[small]> ")
    desk.terminal.type("pager off\nhelp\n")
    desk.expect("\nhelp\r\n")
    desk.expect("lab[small]> ")
    desk.terminal.type("\u{7}\n")
    desk.expect("\nhelp\r\n")
    desk.expect("lab[small]> ")
    desk.terminal.type("quit\n")
    #expect(desk.exitCode() == 0)
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/less"), "less is not installed"))
  func `less says how to leave it, is left by Ctrl-C, and starts no shell`() throws {
    let lab = try Lab()
    let desk = try Desk(lab, variables: ["PAGER": ""])
    desk.expect("lab> ")
    desk.terminal.type("help\n")
    desk.expect("space goes on, q leaves")
    // A person who doesn't see that a pager is there types on.
    desk.terminal.type("!touch owned\n\n")
    desk.terminal.type("\u{3}")
    desk.expect("lab> ")
    #expect(!lab.folder.exists("owned"))
    desk.terminal.type("quit\n")
    #expect(desk.exitCode() == 0)
  }
}
