import LabCore
import LabTestSupport
import Testing

@testable import LabAnalysis

/// What an analyzer found is kept for who asks again, as long as nothing that it depends on has changed.
@Suite struct KeptResultTests {
  @Test func `who asks again gets what was found, without another look at the calls`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    let context = AnalysisContext(prices: try AnalysisFixture.book(), threads: 2)
    let first = try AnalyzerRegistry.run("performance", on: calls, in: context)
    // Whoever looks at the calls now is told to stop.
    context.cancellation.raise()
    let again = try AnalyzerRegistry.run("performance", on: calls, in: context)
    #expect(first.error == nil && again.error == nil)
    #expect(again.summary.map(\.value) == first.summary.map(\.value))
    let other = try AnalyzerRegistry.run(["performance", "pricing"], on: calls, in: context)
    #expect(other.map { $0.error == nil } == [true, false])
  }

  @Test func `other settings, another window and other subscriptions are looked at anew`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    var context = AnalysisContext(prices: try AnalysisFixture.book(), threads: 2)
    let first = try AnalyzerRegistry.run("performance", on: calls, in: context)
    context.settings.slaMilliseconds = 1
    let strict = try AnalyzerRegistry.run("performance", on: calls, in: context)
    let metric = "sla_compliance_pct"
    #expect(first.value(of: metric) != nil && strict.value(of: metric) != first.value(of: metric))
    context.cancellation.raise()
    #expect(try AnalyzerRegistry.run("performance", on: calls, in: context).error == nil)
    context.window = Instant(microseconds: 0)...Instant(microseconds: 1)
    #expect(try AnalyzerRegistry.run("performance", on: calls, in: context).error != nil)
    context.window = nil
    context.subscriptions = []
    #expect(try AnalyzerRegistry.run("performance", on: calls, in: context).error != nil)
  }

  @Test func `what failed is tried again`() throws {
    let calls = try AnalysisFixture.table(AnalysisFixture.six)
    var context = AnalysisContext(prices: try AnalysisFixture.book(), threads: 2)
    context.cancellation.raise()
    #expect(try AnalyzerRegistry.run("performance", on: calls, in: context).error != nil)
    context.cancellation = CancellationFlag()
    #expect(try AnalyzerRegistry.run("performance", on: calls, in: context).error == nil)
  }
}
