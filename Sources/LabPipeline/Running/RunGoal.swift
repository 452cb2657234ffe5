import LabCore
import LabFiles
import LabJSON
import LabScenario

/// What a run is on its way to: what stands in `X.run.json.part`, so that whoever looks at the growing file can tell how
/// far it has come.
public struct RunGoal: Hashable, Sendable {
  public var scenarioName: String
  /// The simulated time of one pass.
  public var start: Instant
  public var end: Instant
  /// The size at which the run ends; nil when it ends with its time.
  public var size: RepeatTarget?

  init(_ scenario: Scenario) {
    scenarioName = scenario.name
    start = scenario.start
    end = scenario.start + scenario.duration
    size = scenario.repeatUntil
  }

  func write(to writer: inout JSONWriter) {
    writer.key("scenario_name")
    writer.value(scenarioName)
    writer.key("start")
    writer.value(start)
    writer.key("end")
    writer.value(end)
    switch size {
    case .rows(let rows):
      writer.key("target_rows")
      writer.value(rows)
    case .megabytes(let megabytes):
      writer.key("target_megabytes")
      writer.value(megabytes)
    case nil: break
    }
  }
}

extension RunGoal {
  /// The goal of the run that is writing a data file, with the hash of its scenario; nil when there is no part, or one
  /// that says nothing about its goal.
  public static func beside(_ data: String) -> (goal: RunGoal, scenario: Fingerprint)? {
    let path = UsageFilePaths(data: data).runPart
    guard let bytes = try? FileSystem.read(path, limit: 1 << 20),
      let root = try? JSONReader.read(bytes, name: path).root,
      let scenario = root["scenario_hash"]?.string.flatMap({ Fingerprint($0) }), let goal = RunGoal(root)
    else { return nil }
    return (goal, scenario)
  }

  private init?(_ root: JSONNode) {
    guard let name = root["scenario_name"]?.string, let start = root["start"]?.string.flatMap({ Instant($0) }),
      let end = root["end"]?.string.flatMap({ Instant($0) })
    else { return nil }
    scenarioName = name
    self.start = start
    self.end = end
    if let rows = root["target_rows"]?.number?.integer {
      size = .rows(rows)
    } else {
      size = (root["target_megabytes"]?.number?.double).map { .megabytes($0) }
    }
  }
}

extension LabEnvironment {
  /// The scenario that a growing file comes from, when one of that name is known and is the very one; nil otherwise.
  public func scenario(ofPart data: String) -> String? {
    guard let (goal, hash) = RunGoal.beside(data), let path = try? project.scenarioPath(goal.scenarioName),
      let loaded = try? scenarioLoader.load(path, edits: []), loaded.dataHash == hash
    else { return nil }
    return path
  }
}
