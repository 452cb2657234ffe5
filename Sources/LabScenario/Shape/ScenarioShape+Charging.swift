extension ScenarioShape {
  /// The keys of `analysis` that say what is charged beside the calls.
  static let charging = [
    ParameterDescriptor(
      "shared_costs", .table(sharedCost, count: upToMany), "Costs beside the calls that organizations share",
      default: []),
    ParameterDescriptor(
      "commitments_held", .table(heldCommitment, count: upToMany),
      "Commitments that are paid for already, whose unused part organizations share", default: []),
    ParameterDescriptor(
      "invoice", .list(.object(invoiceLine), count: 0...1000),
      "What providers billed by month, to reconcile the statements with", default: []),
  ]

  /// What a shared cost is shared by.
  public static let sharingKeys = ["calls", "tokens", "cost", "even"]

  private static let sharedCost = ObjectShape([
    id,
    ParameterDescriptor(
      "monthly_usd", .money, "What it costs in a month of 30.4375 days", unit: "USD", required: true),
    ParameterDescriptor("key", .choice(sharingKeys), "What it is shared by", default: "cost"),
  ])

  private static let heldCommitment = ObjectShape([
    id,
    ParameterDescriptor("provider", .identifier, "The provider that it is with", required: true),
    ParameterDescriptor("model", .identifier, "The model that it is for", note: "all models of the provider"),
    ParameterDescriptor(
      "usd_per_hour", .money, "What is paid in every hour, used or not", unit: "USD", required: true),
    ParameterDescriptor("ratio", .number(.positive(upTo: 1)), "The committed price over list price", required: true),
  ])

  private static let invoiceLine = ObjectShape([
    ParameterDescriptor("provider", .identifier, "Who sent it", required: true),
    ParameterDescriptor("month", .instant, "Any day or instant of the billed month (UTC)", required: true),
    ParameterDescriptor("amount_usd", .money, "What was billed", unit: "USD", required: true),
  ])
}
