import LabCore
import LabPipeline
import LabTestSupport
import Testing

@testable import LabSession

/// The session in this process, with what it says in memory.
@Suite struct SessionTests {
  private final class Desk {
    let folder: TemporaryFolder
    let output = TranscriptOutput()
    let session: Session

    init() throws {
      folder = try TemporaryFolder("session")
      var environment = LabEnvironment(
        threads: 2, project: Project(workingDirectory: folder.path), now: { Instant(microseconds: 0) }, version: "test",
        binary: { Fingerprint.of("test") })
      environment.runs = nil
      session = Session(environment: environment, output: output, hooks: SessionHooks(version: "test"))
      try folder.write(
        """
        { "format": "finops-lab/scenario/1", "description": "Tiny", "duration": "6h",
          "population": { "customers": 10, "organizations": 2 }, "traffic": { "calls_per_hour": 10 },
          "output": { "data": "\(folder.file("tiny.csv"))" } }
        """, to: "tiny.json")
      try folder.write(
        """
        timestamp,provider,model,input_tokens,output_tokens,cost_usd
        2026-01-05T00:10:00Z,openai,gpt-4o,100,10,0.25
        2026-01-05T01:20:00Z,openai,gpt-4o-mini,300,30,0.50
        2026-01-07T02:30:00Z,anthropic,claude-sonnet-4-5,200,20,1.25

        """, to: "three.csv")
    }

    func lines(_ command: String) -> [String] {
      session.execute(command)
      return output.takeLines()
    }
  }

  @Test func `completion follows the table: commands, paths, measures, dimensions and the data's own values`() throws {
    let desk = try Desk()
    _ = desk.lines("load \(desk.folder.file("tiny.json"))")
    _ = desk.lines("load \(desk.folder.file("three.csv"))")
    let completer = SessionCompleter(desk.session)
    func words(_ line: String) -> [String] { completer.candidates(for: line).words }
    #expect(words("thr") == ["thresholds"] && words(":thr") == [":thresholds"])
    #expect(words("set traffic.calls") == ["traffic.calls_per_hour"])
    #expect(words("set feat") == ["features["] && words("set features[ch") == ["features[chat]."])
    #expect(words("set traffic.latency.model ").contains("classic"))
    #expect(words("top cost_usd by pro") == ["product_id", "provider"])
    #expect(words("top cost_usd ") == ["by"])
    #expect(words("where provider=") == ["provider=anthropic", "provider=openai"])
    #expect(words("expect understanding.total_cost") == ["understanding.total_cost_usd"])
    #expect(words("mode j") == ["json"] && words("list ru") == ["runs"])
    #expect(words("run --s") == ["--seed", "--seeds"])
    #expect(words("load \(desk.folder.path)/th") == [desk.folder.path + "/three.csv"])
    #expect(words("nonsense x").isEmpty)
    #expect(completer.completion(for: "lo").insertion == "ad ")
    #expect(completer.completion(for: "top c").insertion.isEmpty)
  }

  @Test func `top and chart give the sums of the rows`() throws {
    let desk = try Desk()
    _ = desk.lines("load \(desk.folder.file("three.csv"))")
    _ = desk.lines("mode csv")
    #expect(
      desk.lines("top cost_usd by provider")
        == ["provider,cost_usd,share,calls", "anthropic,1.25,62.5,1", "openai,0.75,37.5,2"])
    #expect(desk.lines("chart calls by day").count == 3, "two days have calls")
    _ = desk.lines("where provider=openai")
    #expect(desk.lines("top input_tokens by model 1").last?.hasPrefix("gpt-4o-mini,300,75") == true)
    _ = desk.lines("where off")
    #expect(desk.lines("expect understanding.total_cost_usd == 2") == [])
    #expect(desk.lines("expect understanding.total_cost_usd == 3").first?.contains("is 2.00") == true)
  }

  @Test func `the name of an analyzer, a metric or a scenario alone is told what to do with it`() throws {
    let desk = try Desk()
    #expect(desk.lines("realtime").contains { $0.contains("'analyze realtime' shows that analyzer") })
    #expect(desk.lines("understanding.total_calls").contains { $0.contains("'explain understanding.total_calls'") })
    #expect(desk.lines("peak").contains { $0.contains("'load peak' loads that scenario") })
    #expect(desk.lines("helq").contains { $0.contains("did you mean 'help'?") })
  }

  @Test func `a sweep names what it varies wrongly, once`() throws {
    let desk = try Desk()
    _ = desk.lines("load \(desk.folder.file("tiny.json"))")
    let lines = desk.lines("sweep traffic.calls_per_hou=1..5/1")
    #expect(lines.count { $0.contains("there is no key 'calls_per_hou'") } == 1, "\(lines)")
    #expect(lines.contains { $0.contains("varied traffic.calls_per_hou=1") }, "\(lines)")
    #expect(!lines.contains { $0.contains("--set") }, "\(lines)")
  }

  @Test func `a filter that can't be is refused and the one before stays`() throws {
    let desk = try Desk()
    _ = desk.lines("load \(desk.folder.file("three.csv"))")
    _ = desk.lines("where provider=openai")
    #expect(desk.lines("where provder=x").first?.contains("provder") == true)
    #expect(desk.lines("where") == ["where provider=openai"])
    #expect(desk.lines("where provider=opnai").contains { $0.contains("did you mean 'openai'?") })
  }

  @Test func `a stopped command leaves the session, and the next one runs`() throws {
    let desk = try Desk()
    _ = desk.lines("load \(desk.folder.file("tiny.json"))")
    let interruption = SessionInterruption()
    interruption.interrupt(reason: 2)
    #expect(desk.session.execute("echo on").code == .done)
    #expect(desk.output.takeLines() == ["on"])
  }

  @Test func `outside a project runs are in memory, and compare finds them`() throws {
    let desk = try Desk()
    _ = desk.lines("load \(desk.folder.file("tiny.json"))")
    #expect(desk.lines("compare").first?.contains("no run is kept") == true)
    _ = desk.lines("run")
    #expect(desk.lines("compare").first?.contains("fewer runs") == true)
    _ = desk.lines("baseline set")
    _ = desk.lines("set traffic.calls_per_hour 20")
    #expect(desk.lines("run").contains { $0.hasPrefix("Baseline: the cost grows by") })
    let compared = desk.session.execute("compare @-1 @ 'understanding.total_cost_usd > +5%'")
    #expect(compared.code == .thresholdFailed)
    #expect(desk.output.takeLines().contains { $0.contains("FAILED") })
  }

  @Test func `every command says how it is used when it is used wrongly, and none brings the session down`() throws {
    let desk = try Desk()
    for command in SessionCommands.all where command.name != "quit" && command.name != "edit" {
      for words in ["", "x y z u v w", "''", "--nope 3", "\\\\ é 日本 🎈"] {
        _ = desk.session.execute("\(command.name) \(words)")
      }
      _ = desk.output.takeLines()
    }
    _ = desk.lines("mode table")
    #expect(desk.lines("echo on") == ["on"])
  }

  @Test func `history keeps its limit, and no line twice in a row`() throws {
    let folder = try TemporaryFolder("history")
    let path = folder.file("state/history")
    var history = SessionHistory(path: path)
    #expect(history.add("one") && !history.add(" one ") && history.add("two") && !history.add(""))
    #expect(SessionHistory(path: path).lines == ["one", "two"])
    try folder.write((0..<6000).map { "line \($0)" }.joined(separator: "\n") + "\n", to: "state/history")
    let long = SessionHistory(path: path)
    #expect(long.lines.count == 5000 && long.lines.last == "line 5999")
    #expect(try folder.text(of: "state/history").split(separator: "\n").count == 5000, "the file is cut too")
  }
}
