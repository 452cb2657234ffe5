import LabCore
import LabJSON
import Testing

@testable import LabAnalysis

/// Findings that write their members themselves write all of them, by the names and in the order of their properties.
@Suite struct WrittenMembersTests {
  private func members(_ value: some JSONMembers) throws -> [String] {
    var writer = JSONWriter()
    try FindingsEncoder.encode(value, into: &writer)
    return try #require(try JSONReader.read(writer.bytes, name: "t").root.object).map(\.key)
  }

  private func properties(_ value: some JSONMembers) -> [String] {
    // The storage of a wrapped property has an underscore before its name.
    Mirror(reflecting: value).children.compactMap(\.label).map {
      FindingsEncoder.snakeCase($0.hasPrefix("_") ? String($0.dropFirst()) : $0)
    }
  }

  private let split = ProfitabilityFindings.Split(
    volumeUsd: .zero, lengthUsd: .zero, modelMixUsd: Money(nanodollars: 1), cause: .modelMix, comparedTier: nil)

  @Test func `a statement's line has all members`() throws {
    let line = AlignmentFindings.Line(
      kind: "usage", item: nil, productId: "p", featureId: nil, provider: "openai", model: "m", calls: 3, tokens: nil,
      amountUsd: Money(nanodollars: 10_000_000))
    #expect(try members(line) == properties(line))
    var writer = JSONWriter(compact: true)
    try FindingsEncoder.encode(line, into: &writer)
    #expect(
      writer.text
        == #"{"kind":"usage","item":null,"product_id":"p","feature_id":null,"provider":"openai","model":"m","calls":3,"#
        + #""tokens":null,"amount_usd":0.010000000}"#)
  }

  @Test func `figures of groups and of customers have all members`() throws {
    let figures = UnderstandingFindings.Figures(
      costShare: 0.5, costPerCallUsd: nil, costPerMillionTokensUsd: 1, inputCostPerMillionUsd: nil,
      outputCostPerMillionUsd: nil, previousCostUsd: .zero, recentCostUsd: nil, changePct: nil)
    #expect(try members(figures) == properties(figures))
    let counts = DatasetFindings.Figures(customers: 1, callShare: nil, failedCalls: 0, errorRatePct: nil)
    #expect(try members(counts) == properties(counts))
    let customer = ProfitabilityFindings.Customer(
      organizationId: "o", customerArchetype: "a", subscriptionTier: "t", subscribedDays: 1.5, revenueUsd: nil,
      marginUsd: nil, marginPct: nil, category: .low, monthlyLossUsd: nil, split: split, wholeWeeks: 1,
      negativeWeeks: nil, negativeWeeksPct: nil)
    #expect(try members(customer) == properties(customer))
    #expect(try members(split) == properties(split))
  }

  @Test func `a group's own members follow those of all groups, and nested ones are objects`() throws {
    let row = GroupRow(
      keys: [.init(name: "model", value: "m")], calls: 1, cost: nil, inputTokens: 2, outputTokens: 3, totalTokens: 5,
      own: DatasetFindings.Figures(customers: 1, callShare: nil, failedCalls: 0, errorRatePct: nil))
    var writer = JSONWriter(compact: true)
    try FindingsEncoder.encode(["rows": [row]], into: &writer)
    #expect(
      writer.text
        == #"{"rows":[{"model":"m","calls":1,"cost_usd":null,"input_tokens":2,"output_tokens":3,"total_tokens":5,"#
        + #""customers":1,"call_share":null,"failed_calls":0,"error_rate_pct":null}]}"#)
    var nested = JSONWriter(compact: true)
    nested.beginObject()
    nested.member("split", split)
    nested.member("none", nil as ProfitabilityFindings.Split?)
    nested.endObject()
    #expect(
      nested.text
        == #"{"split":{"volume_usd":0.000000000,"length_usd":0.000000000,"model_mix_usd":0.000000001,"#
        + #""cause":"model_mix","compared_tier":null},"none":null}"#)
  }
}
