/// The families of tests that may raise a false alarm, and the share of one error budget that each has.
///
/// All detectors together may raise a false alarm in 2 % of runs on calm data. The budget is split evenly over the
/// registered families; by Boole's inequality the whole is then kept, however the families depend on each other. Within a
/// family the level is corrected over all its bins and cells (``Multiplicity``).
public enum ErrorBudget {
  /// What is tested together.
  public enum Family: String, Sendable, CaseIterable {
    case costEvents = "cost_events"
    case drift
    case abuse
    case latency
    case errors
    case atRisk = "at_risk"
    case expansion
    case reroute
  }

  /// The share of runs on calm data in which any detector may raise a false alarm.
  public static let total = 0.02

  /// The level of one family: its share of the whole budget.
  public static let familyLevel = total / Double(Family.allCases.count)
}
