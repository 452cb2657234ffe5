import LabCore
import LabJSON

/// What a run would write: equal identities give equal bytes.
public struct RunIdentity: Hashable, Sendable {
  /// Of the effective scenario as it is written to `run.json`.
  public var scenario: Fingerprint
  public var prices: Fingerprint
  public var binary: Fingerprint
  /// The size at which a cycling run ends, or the simulated length.
  public var target: String
  /// What is being run; nil for what is no scenario.
  public var goal: RunGoal?

  public init(
    scenario: Fingerprint, prices: Fingerprint, binary: Fingerprint, target: String, goal: RunGoal? = nil
  ) {
    self.scenario = scenario
    self.prices = prices
    self.binary = binary
    self.target = target
    self.goal = goal
  }

  /// The content of `X.run.json.part`.
  public var json: [UInt8] {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("format")
    writer.value("finops-lab/run-part/1")
    writer.key("scenario_hash")
    writer.value(scenario.description)
    writer.key("prices_hash")
    writer.value(prices.description)
    writer.key("binary_hash")
    writer.value(binary.description)
    writer.key("target")
    writer.value(target)
    goal?.write(to: &writer)
    writer.endObject()
    writer.endLine()
    return writer.bytes
  }
}
