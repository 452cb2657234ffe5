import LabCore

/// A customer with the attributes that stay for its whole life, and the dates at which something changes.
struct Customer: Sendable {
  var id: String
  /// Index of its organization, archetype and home region in the scenario's lists.
  var organization: Int
  var archetype: Int
  var region: Int
  /// The second region that it calls from at times, or nil.
  var secondRegion: Int?
  /// Expected calls per hour at factor 1.
  var rate: Double
  /// Where its mean input and output sizes stand among the customers, in standard deviations of the log.
  var inputSize: Double
  var outputSize: Double
  /// When it signed up; may lie before the data.
  var signedUp: Instant
  /// When its use begins in this cycle.
  var joined: Instant
  /// When its use ends for good; nil when it stays.
  var left: Instant?
  /// Why it left, in the words of the truth file.
  var reasonForLeaving: LeavingReason = .churn
  /// Its tiers with the time from which each holds, in order; never empty.
  var tiers: [TierPeriod]

  enum LeavingReason: String, Sendable { case churn, decline = "gradual_decline", incident = "decline" }

  struct TierPeriod: Sendable {
    var from: Instant
    /// Index in the scenario's list.
    var tier: Int
  }

  /// The tier in force at a moment.
  func tier(at instant: Instant) -> Int {
    var tier = tiers.first?.tier ?? 0
    for period in tiers.dropFirst() where period.from <= instant { tier = period.tier }
    return tier
  }

  /// The end of the month that is paid for when it leaves: months of 30.4375 days counted from the sign-up.
  var paidUntil: Instant? {
    guard let left else { return nil }
    let month = Population.monthMicroseconds
    let since = max(0, left.microseconds - signedUp.microseconds)
    let months = since / month + (since % month > 0 || since == 0 ? 1 : 0)
    return Instant(microseconds: signedUp.microseconds + months * month)
  }
}
