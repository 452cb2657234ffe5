import LabCore
import LabScenario
import LabSimulation

extension LabEnvironment {
  /// The `calls_per_hour` with which a scenario makes about so many rows over its time.
  ///
  /// Rows grow in proportion to the rate, so a simulation of the scenario at a smaller rate tells the factor: that of
  /// patterns, churn and retries together.
  public func callsPerHour(toReach rows: Int64, of loaded: LoadedScenario) throws(LabFailure) -> Double {
    var scenario = loaded.scenario
    scenario.repeatUntil = nil
    let hours = scenario.duration.hours
    let target = Double(rows) / max(hours, 1e-9)
    scenario.traffic.callsPerHour = min(target, Double(Self.probeRows) / max(hours, 1e-9))
    let simulation = try Simulation(scenario: scenario, prices: loaded.prices, cancellation: cancellation)
    let outcome = try simulation.run(threads: threads, cancellation: cancellation) { _ throws(LabFailure) in true }
    guard outcome.rows > 0 else { return target }
    return scenario.traffic.callsPerHour * Double(rows) / Double(outcome.rows)
  }

  /// Rows of the probing simulation: its count is then good to about a percent.
  private static let probeRows = 50_000
}
