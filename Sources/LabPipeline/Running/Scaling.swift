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
    // What incidents add isn't in proportion to the rate: whom they befall depends on it. So they are probed again.
    for _ in 0..<(scenario.incidents.isEmpty ? 1 : Self.mostProbes) {
      let simulation = try Simulation(scenario: scenario, prices: loaded.prices, cancellation: cancellation)
      let outcome = try simulation.run(threads: threads, cancellation: cancellation) { _ throws(LabFailure) in true }
      guard outcome.rows > 0 else { return target }
      let factor = Double(rows) / Double(outcome.rows)
      scenario.traffic.callsPerHour *= factor
      if abs(factor - 1) < Self.tolerance { break }
    }
    return scenario.traffic.callsPerHour
  }

  /// Most simulations of a scenario with incidents, and how near to the wanted rows is near enough.
  private static let mostProbes = 6
  private static let tolerance = 0.005

  /// Rows of the probing simulation: its count is then good to about a percent.
  private static let probeRows = 50_000
}
