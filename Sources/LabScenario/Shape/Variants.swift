/// One of the forms that an object may take, chosen by a key of it: a pattern, an incident, a distribution.
struct Variant: Sendable {
  var id: String
  var summary: String
  var parameters: [ParameterDescriptor]
}

/// The forms that an object may take and the key that chooses.
struct VariantFamily: Sendable {
  /// The key that names the form: `pattern`, `kind`, `distribution`.
  var key: String
  /// What the forms are called in messages: `pattern`, `incident kind`, `distribution`.
  var noun: String
  var variants: [Variant]

  subscript(id: String) -> Variant? { variants.first { $0.id == id } }
}

extension Vocabulary {
  func family(_ family: SettingFamily) -> VariantFamily {
    switch family {
    case .pattern:
      VariantFamily(
        key: family.key, noun: "pattern",
        variants: patterns.map { Variant(id: $0.id, summary: $0.summary, parameters: $0.parameters) })
    case .incident:
      VariantFamily(
        key: family.key, noun: "incident kind",
        variants: incidents.map { Variant(id: $0.id, summary: $0.summary, parameters: $0.parameters) })
    }
  }
}

extension DistributionUse {
  /// The distributions that this use allows.
  var family: VariantFamily {
    VariantFamily(
      key: "distribution", noun: "distribution", variants: self == .tokens ? Self.tokenForms : Self.activityForms)
  }

  private static let tokenRange = NumberRange(0, ScenarioLimits.tokensPerCall)
  /// The spread of the log of a quantity: at 5, one value in forty is 18,000 times the median.
  private static let sigmaRange = NumberRange(0, 5)

  private static let clamps = [
    ParameterDescriptor(
      "min", .number(tokenRange), "The least value; smaller draws become it", unit: "tokens", default: 1),
    ParameterDescriptor(
      "max", .number(tokenRange), "The greatest value; larger draws become it", unit: "tokens", default: 1_000_000),
  ]

  private static let tokenForms = [
    Variant(
      id: "constant", summary: "The same number for every call",
      parameters: [ParameterDescriptor("value", .number(tokenRange), "The number", unit: "tokens", required: true)]),
    Variant(
      id: "empirical", summary: "Values at equally spaced quantiles from 0 to 1, interpolated linearly",
      parameters: [
        ParameterDescriptor(
          "quantiles", .list(.number(tokenRange), count: 2...10_001), "The values, rising", unit: "tokens",
          required: true)
      ]),
    Variant(
      id: "lognormal", summary: "A normal distribution of the logarithm, which is how real sizes spread",
      parameters: [
        ParameterDescriptor(
          "median", .number(.positive(upTo: ScenarioLimits.tokensPerCall)), "The middle value", unit: "tokens",
          required: true),
        ParameterDescriptor(
          "sigma", .number(sigmaRange), "The standard deviation of the natural logarithm", required: true),
      ] + clamps),
    Variant(
      id: "normal", summary: "A bell curve",
      parameters: [
        ParameterDescriptor("mean", .number(tokenRange), "The mean", unit: "tokens", required: true),
        ParameterDescriptor("sd", .number(tokenRange), "The standard deviation", unit: "tokens", required: true),
      ] + clamps),
    Variant(
      id: "uniform", summary: "Every value between two limits alike",
      parameters: [
        ParameterDescriptor("min", .number(tokenRange), "The lower limit", unit: "tokens", required: true),
        ParameterDescriptor("max", .number(tokenRange), "The upper limit", unit: "tokens", required: true),
      ]),
  ]

  private static let rateRange = NumberRange(0, 1e6)

  /// Rates are relative, so that a median or a clamp has no meaning of its own: only forms whose spread counts.
  private static let activityForms = [
    Variant(id: "constant", summary: "All customers of an archetype alike", parameters: []),
    Variant(
      id: "empirical", summary: "Relative rates at equally spaced quantiles from 0 to 1, interpolated linearly",
      parameters: [
        ParameterDescriptor(
          "quantiles", .list(.number(rateRange), count: 2...10_001), "The relative rates, rising", required: true)
      ]),
    Variant(
      id: "lognormal", summary: "Few customers make most of the calls, as in real services (sigma about 2.2 there)",
      parameters: [
        ParameterDescriptor(
          "sigma", .number(sigmaRange), "The standard deviation of the natural logarithm", default: 1.6)
      ]),
    Variant(
      id: "uniform", summary: "Relative rates between two limits",
      parameters: [
        ParameterDescriptor("min", .number(rateRange), "The lower limit", default: 0.5),
        ParameterDescriptor("max", .number(rateRange), "The upper limit", default: 1.5),
      ]),
  ]
}
