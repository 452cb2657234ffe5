extension ScenarioShape {
  static let population = ObjectShape([
    ParameterDescriptor(
      "customers", .integer(.between(1, ScenarioLimits.customers)), "Customers at the start", default: 500),
    ParameterDescriptor(
      "organizations", .integer(.between(1, ScenarioLimits.customers)),
      "Organizations that the customers belong to; those beyond the number of customers stay empty", default: 50),
    ParameterDescriptor(
      "organization_ids", .list(.identifier, count: 0...ScenarioLimits.namedItems),
      "Ids of the first organizations; the others get 'org-' and a UUID", default: []),
    ParameterDescriptor(
      "customer_ids", .list(.identifier, count: 0...ScenarioLimits.namedItems),
      "Ids of the first customers; the others get 'cust-' and a UUID", default: []),
    ParameterDescriptor(
      "activity", .distribution(.activity), "How unevenly customers of one archetype call",
      default: ["distribution": "lognormal", "sigma": 1.6]),
    ParameterDescriptor(
      "archetypes", .table(archetype, count: atLeastOne), "The kinds of customer by use",
      default: [
        ["id": "light", "share": 0.70, "rate": 0.3], ["id": "power", "share": 0.20, "rate": 1],
        ["id": "heavy", "share": 0.10, "rate": 3],
      ]),
    ParameterDescriptor(
      "tiers", .table(tier, count: atLeastOne), "The subscriptions",
      default: [
        ["id": "starter", "share": 0.40, "monthly_price_usd": 49],
        ["id": "pro", "share": 0.40, "monthly_price_usd": 199],
        ["id": "enterprise", "share": 0.20, "monthly_price_usd": 999],
      ]),
    ParameterDescriptor(
      "regions", .table(region, count: atLeastOne), "Where customers are at home",
      default: [
        ["id": "us-east", "share": 0.45, "utc_offset": "-05:00", "latency_factor": 1],
        ["id": "us-west", "share": 0.20, "utc_offset": "-08:00", "latency_factor": 1.1],
        ["id": "eu-west", "share": 0.25, "utc_offset": "+01:00", "latency_factor": 1.3],
        ["id": "ap-southeast", "share": 0.10, "utc_offset": "+08:00", "latency_factor": 1.5],
      ]),
    ParameterDescriptor(
      "signups_per_day", .number(.between(0, 100_000)), "New customers a day on average", unit: "customers/d",
      default: 2),
    ParameterDescriptor(
      "monthly_churn", .number(.share), "The share of customers that leaves in a month of 30.4375 days", default: 0.03),
    ParameterDescriptor(
      "monthly_upgrades", .number(.share), "The share of customers that moves to the next higher tier in a month",
      default: 0.01),
    ParameterDescriptor(
      "monthly_downgrades", .number(.share), "The share of customers that moves to the next lower tier in a month",
      default: 0.005),
    ParameterDescriptor(
      "token_sigma", .number(.between(0, 5)),
      "How much customers differ in their mean size of a call, on the log of tokens",
      default: 0.8),
    ParameterDescriptor(
      "roaming_share", .number(.share), "The share of customers that calls from a second region at times", default: 0.1),
  ])

  private static let archetype = ObjectShape(
    [id] + shares + [
      ParameterDescriptor(
        "rate", .number(.between(0, 1e6)), "Calls of such a customer relative to the other archetypes", default: 1)
    ], hasShare: true)

  private static let tier = ObjectShape(
    [id] + shares + [
      ParameterDescriptor(
        "monthly_price_usd", .money, "What a customer of the tier pays in a month", unit: "USD", required: true)
    ], hasShare: true)

  private static let region = ObjectShape(
    [id] + shares + [
      ParameterDescriptor("utc_offset", .offset, "The clock of its customers, ahead of UTC", default: "+00:00"),
      ParameterDescriptor(
        "latency_factor", .number(.positive(upTo: 1000)), "Latency relative to a region of factor 1", default: 1),
    ], hasShare: true)
}
