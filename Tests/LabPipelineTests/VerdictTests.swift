import LabCore
import LabPipeline
import LabReport
import Testing

@testable import LabScenario

@Suite struct VerdictTests {
  private func threshold(
    _ must: Requirement, severity: Threshold.Severity = .fail, passesWithoutData: Bool = false
  ) -> Threshold {
    Threshold(
      id: "t", metric: "understanding.total_cost_usd", must: must, filter: CallFilter(), severity: severity,
      passesWithoutData: passesWithoutData)
  }

  private func metric(_ dollars: Int64) -> Metric {
    .money("total_cost_usd", "Total cost", Money(nanodollars: dollars * Money.nanodollarsPerDollar))
  }

  @Test(arguments: [
    (Requirement.less(10), false), (.lessOrEqual(10), true), (.greater(10), false), (.greaterOrEqual(10), true),
    (.equal(10), true), (.notEqual(10), false), (.within(10, 20), true), (.within(11, 20), false),
  ]) func `a requirement holds at its limit as its sign says`(must: Requirement, passes: Bool) {
    #expect(Verdict(threshold(must), metric: metric(10)).passed == passes)
  }

  @Test func `the margin is positive on the good side`() {
    #expect(Verdict(threshold(.lessOrEqual(12)), metric: metric(10)).margin == 2)
    #expect(Verdict(threshold(.greater(12)), metric: metric(10)).margin == -2)
    #expect(Verdict(threshold(.within(4, 12)), metric: metric(10)).margin == 2)
    #expect(Verdict(threshold(.equal(12)), metric: metric(10)).margin == nil)
  }

  @Test func `no data fails unless the threshold lets it pass`() {
    #expect(Verdict(threshold(.less(1)), metric: nil).fails)
    #expect(!Verdict(threshold(.less(1), passesWithoutData: true), metric: nil).fails)
  }

  @Test func `a warning that does not hold is no failure`() {
    let verdict = Verdict(threshold(.less(1), severity: .warn), metric: metric(10))
    #expect(!verdict.passed && !verdict.fails && verdict.word == "warning")
  }

  @Test func `JUnit output escapes names and tells failures from warnings and errors`() {
    var named = threshold(.less(1))
    named.id = "a<b>&\"c\"\u{1}"
    let suites = [
      JUnitReport.Suite(
        name: "peak",
        verdicts: [
          Verdict(named, metric: metric(10)), Verdict(threshold(.less(1), severity: .warn), metric: metric(10)),
          Verdict(threshold(.less(11)), metric: metric(10)),
        ], seconds: 1234.5),
      JUnitReport.Suite(name: "broken", verdicts: [], error: "no file 'x'", seconds: 0),
    ]
    let xml = JUnitReport.xml(suites)
    #expect(xml.contains(#"<testsuites tests="4" failures="1" errors="1">"#))
    #expect(xml.contains(#"name="a&lt;b&gt;&amp;&quot;c&quot;�">"#))
    #expect(xml.contains(#"<failure message="understanding.total_cost_usd is 10.00, must be &lt; 1"/>"#))
    #expect(xml.contains("<system-out>warning: "))
    #expect(xml.contains(#"time="1234.500""#))
    #expect(xml.contains(#"<error message="no file 'x'"/>"#))
  }
}
