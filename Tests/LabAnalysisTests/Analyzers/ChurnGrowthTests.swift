import LabCore
import LabJSON
import LabReport
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct ChurnGrowthTests {
  private let monday = 20_458  // 2026-01-05

  private func line(_ day: Int, _ customer: String, hour: Int = 10, minute: Int = 0) -> String {
    let moment = Instant(microseconds: Int64(monday + day) * 86_400_000_000).shifted(
      toOffset: .minutes(Int64(hour * 60 + minute)))
    return "\(moment),o,p,f,\(customer),a,pro,199,alpha,big,us,10,10,20,1,0.001,success,,,"
      + "\(customer)-\(day)-\(hour)-\(minute),0,prod"
  }

  private func csv(_ lines: [String]) -> String {
    AnalysisFixture.header + "\n" + lines.sorted().joined(separator: "\n") + "\n"
  }

  private func period(
    _ customer: String, _ price: Int64, from: Int, to: Int, signedUp: Int? = nil
  ) -> SubscriptionPeriod {
    func instant(_ day: Int) -> Instant { Instant(microseconds: Int64(monday + day) * 86_400_000_000) }
    return SubscriptionPeriod(
      customer: customer, organization: "o", archetype: "a", tier: "\(price)",
      monthlyPrice: Money(nanodollars: price * Money.nanodollarsPerDollar), homeRegion: "us", validFrom: instant(from),
      validTo: instant(to), signedUp: instant(signedUp ?? from))
  }

  private func run(_ csv: String, _ periods: [SubscriptionPeriod]? = nil) throws -> (AnalyzerResult, JSONNode) {
    let context = AnalysisContext(subscriptions: periods, threads: 2)
    let result = try AnalyzerRegistry.run("churn_growth", on: try AnalysisFixture.table(csv), in: context)
    #expect(result.error == nil)
    return (result, try AnalysisFixture.findings(result))
  }

  /// Eight weeks: `steady` calls every day, `gone` until day 9, `late` from day 21 on.
  private var eightWeeks: String {
    var lines: [String] = []
    for day in 0..<56 {
      lines += [line(day, "steady", hour: 0), line(day, "steady", hour: 23, minute: 50)]
      if day < 10 { lines.append(line(day, "gone")) }
      if day >= 21 { lines.append(line(day, "late")) }
    }
    return csv(lines)
  }

  @Test func `churn, cohorts and weeks are those counted by hand`() throws {
    let periods = [
      period("steady", 199, from: -100, to: 300), period("gone", 199, from: -10, to: 40),
      period("late", 199, from: 21, to: 300), period("never", 49, from: -5, to: 300),
    ]
    let (result, findings) = try run(eightWeeks, periods)
    // Silence is 27 days, half of the 55 whole ones; `gone` fell silent on day 9.
    #expect(findings["churn"]?["silence_days"]?.double == 27)
    #expect(result.value(of: "churned_customers") == .integer(1))
    #expect(findings["churn"]?["never_called"]?.integer == 1)
    #expect(result.value(of: "active_customers") == .integer(2))
    let weeks = try #require(findings["by_week"]?.array)
    #expect(weeks.map { $0["active_customers"]?.integer } == [2, 2, 1, 2, 2, 2, 2, 2])
    #expect(weeks.first?["week"]?.string == "2026-W02")
    #expect(weeks[0]["calls"]?.integer == 21)
    let cohorts = try #require(findings["cohorts"]?.array)
    #expect(cohorts.map { $0["cohort"]?.string } == ["already there", "2026-01-26"])
    #expect(cohorts.first?["active_by_week"]?.array?.map { $0.integer } == [2, 2, 1, 1, 1, 1, 1, 1])
    #expect(cohorts.last?["active_by_week"]?.array?.map { $0.integer } == [1, 1, 1, 1, 1])
    // `gone` is the one of the two of known age at risk then: it signed up 10 days before the data.
    let survival = try #require(findings["churn"]?["survival"]?.array)
    #expect(survival.count == 1)
    #expect(abs((survival[0]["days"]?.double ?? 0) - (19 + 11.0 / 24)) < 1e-9)
  }

  @Test func `under four whole weeks nobody has churned and nobody is at risk`() throws {
    let lines = eightWeeks.split(separator: "\n").map(String.init)
    let short = lines.filter { $0 < "2026-02-01" || $0.hasPrefix("timestamp") }
    let (result, findings) = try run(short.joined(separator: "\n") + "\n")
    #expect(result.value(of: "churned_customers") == nil)
    #expect(result.value(of: "at_risk_customers") == nil)
    #expect(result.abstentions.contains { $0.section == "churn" && $0.reason.contains("4 whole weeks") })
    #expect(findings["by_week"]?.array?.count == 3)
  }

  @Test func `the revenue bridge and both retentions are those computed by hand`() throws {
    // 100 stays, 100 goes up to 150, 200 down to 50, 300 leaves, 80 is new.
    let periods = [
      period("stays", 100, from: -10, to: 300), period("up", 100, from: -10, to: 20),
      period("up", 150, from: 20, to: 300),
      period("down", 200, from: -10, to: 20), period("down", 50, from: 20, to: 300),
      period("leaves", 300, from: -10, to: 30), period("new", 80, from: 5, to: 300),
    ]
    let (result, findings) = try run(eightWeeks, periods)
    let bridge = try #require(findings["bridge"])
    func usd(_ key: String) -> Int64? { bridge[key]?.money.map { $0.nanodollars / Money.nanodollarsPerDollar } }
    #expect(usd("start_usd") == 700)
    #expect(usd("new_usd") == 80)
    #expect(usd("expanded_usd") == 50)
    #expect(usd("contracted_usd") == 150)
    #expect(usd("churned_usd") == 300)
    #expect(usd("end_usd") == 380)
    // (100 + 150 + 50) / 700 and (100 + 100 + 50) / 700.
    #expect(result.value(of: "nrr_pct") == .number(300.0 / 700 * 100))
    #expect(result.value(of: "grr_pct") == .number(250.0 / 700 * 100))
  }

  /// Forty customers with some twenty calls a week; one of them fades to a tenth from week 5 on where it is asked for.
  private func crowd(fading: Bool) -> String {
    var random = RandomStream(seed: 21, purpose: 21)
    var lines: [String] = []
    for customer in 0..<40 {
      for day in 0..<56 {
        let share = fading && customer == 7 && day >= 28 ? 0.1 : 1
        for hour in 0..<24 where random.chance(share * 0.25) {
          lines.append(line(day, "c\(customer)", hour: hour, minute: random.below(60)))
        }
      }
    }
    lines += [line(0, "c0", hour: 0), line(55, "c0", hour: 23, minute: 59)]
    return csv(lines)
  }

  @Test func `a customer that fades is found, and only that one`() throws {
    let (result, _) = try run(crowd(fading: true))
    #expect(result.detections.map { $0.keys.map(\.value) } == [["c7"]])
    let detection = try #require(result.detections.first)
    let fades = Instant(microseconds: Int64(monday + 28) * 86_400_000_000)
    #expect(detection.kind == "decline")
    #expect(detection.detectedAt > fades && detection.detectedAt <= fades + .days(14))
    let (quiet, _) = try run(crowd(fading: false))
    #expect(quiet.detections.isEmpty)
    #expect(quiet.value(of: "at_risk_customers") == .integer(0))
  }
}
