/// The share that survives to an age, from observations that begin late and end early.
///
/// S(t) = Π over event ages tᵢ ≤ t of (1 − dᵢ/nᵢ), where nᵢ are those that had entered before tᵢ and not left before it.
/// Sources: Kaplan and Meier, "Nonparametric Estimation from Incomplete Observations", Journal of the American Statistical
/// Association 53 (1958); for late entry, Klein and Moeschberger, "Survival Analysis" (2003), 4.6.
struct KaplanMeier: Sendable {
  /// One subject: watched from an age (exclusive) to an age (inclusive), which ends in the event or in being lost to sight.
  struct Observation: Sendable {
    var entry: Double
    var exit: Double
    var isEvent: Bool
  }

  /// What an age with events did.
  struct Step: Sendable, Encodable {
    var days: Double
    var atRisk: Int
    var events: Int
    var survival: Double
    /// By Greenwood's formula.
    var standardError: Double
  }

  let steps: [Step]

  /// - Parameter observations: those that end no later than they begin are left out.
  init(_ observations: [Observation]) {
    let valid = observations.filter { $0.exit > $0.entry }
    let entries = valid.map(\.entry).sorted()
    let exits = valid.map(\.exit).sorted()
    let events = valid.filter(\.isEvent).map(\.exit).sorted()
    var steps: [Step] = []
    var (entered, left, index) = (0, 0, 0)
    var (survival, greenwood) = (1.0, 0.0)
    while index < events.count {
      let age = events[index]
      var count = 0
      while index < events.count, events[index] == age {
        count += 1
        index += 1
      }
      while entered < entries.count, entries[entered] < age { entered += 1 }
      while left < exits.count, exits[left] < age { left += 1 }
      let atRisk = entered - left
      survival *= 1 - Double(count) / Double(atRisk)
      if atRisk > count { greenwood += Double(count) / (Double(atRisk) * Double(atRisk - count)) }
      steps.append(
        Step(
          days: age, atRisk: atRisk, events: count, survival: max(0, survival),
          standardError: max(0, survival) * greenwood.squareRoot()))
    }
    self.steps = steps
  }

  /// The share that survives beyond an age.
  func survival(at age: Double) -> Double { steps.last { $0.days <= age }?.survival ?? 1 }
}
