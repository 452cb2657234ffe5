import LabCore
import LabScenario
import Testing

@Suite struct RevenueSettingsTests {
  @Test func `a scenario without a word on prices has no models of its own and the lab's limits`() throws {
    let analysis = try Desk.line("").load().scenario.analysis
    #expect(analysis.pricingModels.isEmpty)
    #expect(analysis.featureLimits.investReturnPercent == 200)
    #expect(analysis.featureLimits.investAdoptionPercent == 20)
    #expect(analysis.featureLimits.optimiseReturnPercent == 50)
    #expect(analysis.featureLimits.sunsetReturnPercent == 0)
    #expect(analysis.featureLimits.sunsetAdoptionPercent == 5)
  }

  @Test func `price models are read with exact money, optional markup and open steps`() throws {
    let models = try Desk.line(
      #""analysis":{"pricing_models":[{"id":"credits","monthly_usd":20.000000001,"credit_usd":0.1,"#
        + #""credits_per_thousand_calls":1000,"included_credits":500},{"id":"plus","markup_pct":30},"#
        + #"{"id":"tiered","steps":[{"up_to_calls":10,"monthly_usd":1},{"monthly_usd":9.5}]}]}"#
    ).load().scenario.analysis.pricingModels
    #expect(models.map(\.id) == ["credits", "plus", "tiered"])
    #expect(models[0].monthlyFee == Money(nanodollars: 20_000_000_001))
    #expect(models[0].includedCredits == 500 && models[0].markupPercent == nil && models[0].steps.isEmpty)
    #expect(models[1].markupPercent == 30)
    #expect(models[2].steps.map(\.upToCalls) == [10, nil])
    #expect(models[2].steps.map(\.fee.dollars) == [1, 9.5])
  }

  @Test func `a wrong key, a negative price and a step without a fee are errors with their places`() throws {
    let problems = try Desk.line(
      #""analysis":{"pricing_models":[{"id":"a","per_call_usd":1},{"id":"b","monthly_usd":-1},"#
        + #"{"id":"c","steps":[{"up_to_calls":10}]}]}"#
    ).problems()
    #expect(problems.count == 3)
    #expect(problems.contains { $0.contains("per_call_usd") })
    #expect(problems.contains { $0.contains("monthly_usd") })
  }
}
