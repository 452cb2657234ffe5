import LabAnalysis
import LabScenario

extension AnalyzerSettings {
  /// Takes over what a scenario says about price models and features.
  mutating func takeRevenue(from analysis: AnalysisSettings) {
    pricingModels = analysis.pricingModels.map { model in
      PricingModel(
        id: model.id, monthlyFee: model.monthlyFee, perThousandCalls: model.perThousandCalls,
        includedCalls: model.includedCalls, perMillionInputTokens: model.perMillionInputTokens,
        perMillionOutputTokens: model.perMillionOutputTokens,
        credits: .init(
          price: model.creditPrice, perThousandCalls: model.creditsPerThousandCalls,
          perMillionInputTokens: model.creditsPerMillionInputTokens,
          perMillionOutputTokens: model.creditsPerMillionOutputTokens, included: model.includedCredits),
        markupPercent: model.markupPercent, steps: model.steps.map { .init(upToCalls: $0.upToCalls, fee: $0.fee) })
    }
    let limits = analysis.featureLimits
    featureLimits = LabAnalysis.FeatureLimits(
      investReturn: limits.investReturnPercent, investAdoption: limits.investAdoptionPercent,
      optimiseReturn: limits.optimiseReturnPercent, sunsetReturn: limits.sunsetReturnPercent,
      sunsetAdoption: limits.sunsetAdoptionPercent)
  }
}
