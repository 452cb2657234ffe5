extension ScenarioBuilder {
  mutating func pricingModel(_ value: Checked) -> PriceModel {
    PriceModel(
      id: text(value, "id"), monthlyFee: money(value, "monthly_usd"),
      perThousandCalls: money(value, "per_thousand_calls_usd"), includedCalls: number(value, "included_calls"),
      perMillionInputTokens: money(value, "per_million_input_tokens_usd"),
      perMillionOutputTokens: money(value, "per_million_output_tokens_usd"), creditPrice: money(value, "credit_usd"),
      creditsPerThousandCalls: number(value, "credits_per_thousand_calls"),
      creditsPerMillionInputTokens: number(value, "credits_per_million_input_tokens"),
      creditsPerMillionOutputTokens: number(value, "credits_per_million_output_tokens"),
      includedCredits: number(value, "included_credits"), markupPercent: value["markup_pct"]?.number,
      steps: map(items(value, "steps")) { builder, step in
        PriceModel.Step(upToCalls: step["up_to_calls"]?.number, fee: builder.money(step, "monthly_usd"))
      })
  }

  mutating func featureLimits(_ value: Checked?) -> FeatureLimits {
    FeatureLimits(
      investReturnPercent: number(value, "invest_roi_pct"), investAdoptionPercent: number(value, "invest_adoption_pct"),
      optimiseReturnPercent: number(value, "optimise_roi_pct"), sunsetReturnPercent: number(value, "sunset_roi_pct"),
      sunsetAdoptionPercent: number(value, "sunset_adoption_pct"))
  }
}
