import LabCore
import LabTable

@testable import LabAnalysis

/// Small businesses for the tests of revenue: two weeks from Monday 2026-01-05, subscriptions and calls given one by one.
enum RevenueFixture {
  /// 14 days to the microsecond.
  static let window = day(5)...day(19)

  /// Midnight of a day, counted from the first of January 2026.
  static func day(_ day: Int) -> Instant {
    Instant(
      microseconds: Instant(date: CivilDate(year: 2026, month: 1, day: 1)).microseconds + Int64(day - 1)
        * 86_400_000_000)
  }

  /// A subscription between two days, counted from the first of January 2026.
  static func period(
    _ customer: String, _ tier: String, _ dollars: Int64, from: Int, to: Int, organization: String = "org-1"
  ) -> SubscriptionPeriod {
    SubscriptionPeriod(
      customer: customer, organization: organization, archetype: "light", tier: tier,
      monthlyPrice: Money(nanodollars: dollars * Money.nanodollarsPerDollar), homeRegion: "us", validFrom: day(from),
      validTo: day(to), signedUp: day(from))
  }

  /// One row of the file.
  struct Call {
    var day: Int
    var hour = 10
    var customer: String
    var cost: String
    var feature = "chat"
    var tier = "pro"
    var price = "199"
    var model = "big"
    var input = 1000
    var output = 100
    var failed = false
  }

  static func csv(_ calls: [Call]) -> String {
    var lines = [AnalysisFixture.header]
    for (index, call) in calls.enumerated() {
      let time = Instant(microseconds: day(call.day).microseconds + Int64(call.hour) * 3_600_000_000)
      let fields: [String] = [
        time.description, "org-1", "app", call.feature, call.customer, "light", call.tier, call.price, "alpha",
        call.model, "us", "\(call.input)", "\(call.output)", "\(call.input + call.output)", "500", call.cost,
        call.failed ? "error" : "success", call.failed ? "timeout" : "", "", "call-\(index)", "0", "prod",
      ]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  static func context(
    _ subscriptions: [SubscriptionPeriod]?, window: ClosedRange<Instant>? = RevenueFixture.window,
    settings: AnalyzerSettings = AnalyzerSettings()
  ) -> AnalysisContext {
    AnalysisContext(settings: settings, window: window, subscriptions: subscriptions, threads: 2)
  }

  /// A customer that upgrades in the middle, one that leaves on the 8th, one that pays and never calls, one that left
  /// before the window, and one that costs more than it pays.
  static let five: [SubscriptionPeriod] = [
    period("cust-a", "pro", 199, from: 1, to: 40), period("cust-b", "starter", 49, from: 1, to: 12),
    period("cust-b", "pro", 199, from: 12, to: 40), period("cust-c", "starter", 49, from: 1, to: 8),
    period("cust-d", "enterprise", 999, from: 1, to: 40, organization: "org-2"),
    period("cust-e", "enterprise", 999, from: 1, to: 5),
  ]

  static let calls: [Call] = [
    Call(day: 5, customer: "cust-a", cost: "60"), Call(day: 6, customer: "cust-b", cost: "1"),
    Call(day: 7, customer: "cust-c", cost: "0.5"), Call(day: 13, customer: "cust-a", cost: "40"),
    Call(day: 14, customer: "cust-b", cost: "1.5"), Call(day: 15, customer: "cust-b", cost: "0", failed: true),
  ]
}
