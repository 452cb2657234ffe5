extension ScenarioShape {
  /// The keys of `analysis` that the analyzers of usage-based revenue read.
  static let revenueAnalysis = [
    ParameterDescriptor(
      "pricing_models", .table(pricingModel, count: upToMany),
      "Price models that 'pricing' compares beside its own; one named usage_based, tiered or hybrid takes its place",
      default: []),
    ParameterDescriptor(
      "feature_limits", .object(featureLimits), "The limits by which 'features' judges a feature", default: [:]),
  ]

  private static let pricingModel = ObjectShape([
    id,
    ParameterDescriptor("monthly_usd", .money, "The fee of a month", unit: "USD", default: 0),
    ParameterDescriptor(
      "per_thousand_calls_usd", .money, "The price of 1,000 successful calls beyond the included ones", unit: "USD",
      default: 0),
    ParameterDescriptor(
      "included_calls", .number(.nonNegative), "Calls of a month that the fee includes", unit: "calls", default: 0),
    ParameterDescriptor(
      "per_million_input_tokens_usd", .money, "The price of a million input tokens", unit: "USD", default: 0),
    ParameterDescriptor(
      "per_million_output_tokens_usd", .money, "The price of a million output tokens", unit: "USD", default: 0),
    ParameterDescriptor(
      "credit_usd", .money, "The price of a credit beyond the included ones", unit: "USD", default: 0),
    ParameterDescriptor(
      "credits_per_thousand_calls", .number(.nonNegative), "Credits that 1,000 calls use up", unit: "credits",
      default: 0),
    ParameterDescriptor(
      "credits_per_million_input_tokens", .number(.nonNegative), "Credits that a million input tokens use up",
      unit: "credits", default: 0),
    ParameterDescriptor(
      "credits_per_million_output_tokens", .number(.nonNegative), "Credits that a million output tokens use up",
      unit: "credits", default: 0),
    ParameterDescriptor(
      "included_credits", .number(.nonNegative), "Credits of a month that the fee includes", unit: "credits",
      default: 0),
    ParameterDescriptor(
      "markup_pct", .number(.between(0, 10_000)), "Bills the recorded cost and so many percent of it", unit: "%",
      note: "cost is not billed"),
    ParameterDescriptor(
      "steps", .list(.object(pricingStep), count: 0...100), "Fees by the calls of a month", default: []),
  ])

  private static let pricingStep = ObjectShape([
    ParameterDescriptor(
      "up_to_calls", .number(.nonNegative), "The most calls of a month at this fee", unit: "calls", note: "no limit"),
    ParameterDescriptor("monthly_usd", .money, "The fee of such a month", unit: "USD", required: true),
  ])

  private static let featureLimits = ObjectShape([
    ParameterDescriptor(
      "invest_roi_pct", .number(.between(-100, 1e6)), "The least return on cost, under both keys, to invest", unit: "%",
      default: 200),
    ParameterDescriptor(
      "invest_adoption_pct", .number(.between(0, 100)), "The least weekly adoption to invest", unit: "%", default: 20),
    ParameterDescriptor(
      "optimise_roi_pct", .number(.between(-100, 1e6)),
      "A return on cost below it, under both keys, asks for a cheaper way to run", unit: "%", default: 50),
    ParameterDescriptor(
      "sunset_roi_pct", .number(.between(-100, 1e6)), "A return on cost below it, under both keys, is a loss",
      unit: "%",
      default: 0),
    ParameterDescriptor(
      "sunset_adoption_pct", .number(.between(0, 100)), "A loss with weekly adoption below it asks for an end",
      unit: "%",
      default: 5),
  ])
}
