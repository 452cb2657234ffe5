/// The keys of a scenario file: what each means, accepts and defaults to.
public enum ScenarioShape {
  /// The format that this version reads and writes.
  public static let format = "finops-lab/scenario/1"

  /// The whole file.
  public static let root = ObjectShape([
    ParameterDescriptor("$schema", .text, "The JSON Schema that editors use; the lab itself ignores it"),
    ParameterDescriptor("format", .choice([format]), "The format of the file", required: true),
    ParameterDescriptor(
      "extends", .text, "A scenario whose values hold where this one is silent, relative to this file, or a shipped one"
    ),
    ParameterDescriptor("name", .identifier, "The name of the scenario", note: "the file's name without its ending"),
    ParameterDescriptor("description", .text, "What the scenario is for, in a sentence", default: ""),
    ParameterDescriptor(
      "seed", .integer(.between(0, 9_007_199_254_740_991)), "The number that all chance of a run follows from",
      default: 42),
    ParameterDescriptor("start", .instant, "When the timeline begins", default: "2026-01-05T00:00:00Z"),
    ParameterDescriptor(
      "duration", .span(.positive), "How long the timeline is, where 'traffic.phases' is not used", note: "14d"),
    ParameterDescriptor(
      "repeat_until", .object(repeatUntil), "Cycles through the timeline until the data is this large",
      note: "one pass over the timeline"),
    ParameterDescriptor(
      "prices", .text, "The price book, relative to the file that names it", note: "the shipped book"),
    ParameterDescriptor("population", .object(population), "Who makes the calls", default: [:]),
    ParameterDescriptor(
      "products", .table(product, count: atLeastOne), "The products that customers use",
      default: DefaultBusiness.products),
    ParameterDescriptor(
      "features", .table(feature, count: atLeastOne), "The features that make calls", default: DefaultBusiness.features),
    ParameterDescriptor(
      "providers", .table(provider, count: atLeastOne), "The providers that serve the calls",
      default: DefaultBusiness.providers),
    ParameterDescriptor("traffic", .object(traffic), "How many calls come, and when", default: [:]),
    ParameterDescriptor(
      "incidents", .list(.setting(.incident), count: 0...1000),
      "What goes wrong, put in on purpose for detectors to find",
      default: []),
    ParameterDescriptor("analysis", .object(analysis), "The limits that analyzers judge by", default: [:]),
    ParameterDescriptor("budgets", .table(budget, count: upToMany), "What may be spent", default: []),
    ParameterDescriptor(
      "thresholds", .table(threshold, count: upToMany), "What decides between pass and fail", default: []),
    ParameterDescriptor("output", .object(output), "Where results go", default: [:]),
  ])

  /// What an edit may change: all but the keys that say how a file is read.
  static let editable = ObjectShape(root.parameters.filter { !["$schema", "format", "extends"].contains($0.key) })

  /// The duration of a scenario that has neither `duration` nor `traffic.phases`.
  static let defaultDuration: Literal = "14d"

  static let atLeastOne = 1...ScenarioLimits.tableItems
  static let upToMany = 0...ScenarioLimits.tableItems

  static let id = ParameterDescriptor("id", .identifier, "Its name", required: true)

  /// The keys of what takes a share; `weight` is for shares that need not sum to 1.
  static let shares = [
    ParameterDescriptor(
      "share", .number(.share), "Its share; those of a list sum to 1",
      note: "equal shares, where none of the list has one"),
    ParameterDescriptor(
      "weight", .number(.nonNegative),
      "Stands for 'share' and is normalised: only its ratio to the others counts, whose shares are weights then"),
  ]

  private static let repeatUntil = ObjectShape([
    ParameterDescriptor(
      "megabytes", .number(.positive(upTo: ScenarioLimits.megabytes)), "Until the CSV has this size", unit: "10^6 bytes"
    ),
    ParameterDescriptor(
      "rows", .integer(.between(1, ScenarioLimits.rows)), "Until the CSV has this many rows", unit: "rows"),
  ])

  private static let product = ObjectShape([id] + shares, hasShare: true)

  private static let analysis = ObjectShape(
    [
      ParameterDescriptor(
        "sla_ms", .number(.positive), "The latency that is promised for a call, first to last token", unit: "ms",
        default: 2000),
      ParameterDescriptor(
        "sla_target_pct", .number(.between(0, 100)), "The share of calls that should keep the promise", unit: "%",
        default: 95),
      ParameterDescriptor(
        "p95_limit_ms", .number(.positive), "The limit on the 95th percentile of latency", unit: "ms", default: 1500),
      ParameterDescriptor(
        "p99_limit_ms", .number(.positive), "The limit on the 99th percentile of latency", unit: "ms", default: 2500),
      ParameterDescriptor(
        "first_token_goal_ms", .number(.positive), "The goal for the time to the first token", unit: "ms", default: 2000
      ),
      ParameterDescriptor(
        "token_goal_ms", .number(.positive), "The goal for the time of every further token", unit: "ms", default: 200),
      ParameterDescriptor(
        "anomaly_sigma", .number(.positive(upTo: 1000)), "The least size of an anomaly, in standard deviations",
        default: 3),
      ParameterDescriptor(
        "high_daily_cost_usd", .money, "A day that costs more than this raises an alert", unit: "USD", default: 100),
      ParameterDescriptor(
        "required_tags", .list(.identifier, count: 0...100), "Tags that every call should carry in its metadata",
        default: []),
    ] + charging + revenueAnalysis)

  private static let budget = ObjectShape([
    id,
    ParameterDescriptor("monthly_usd", .money, "What may be spent in a month", unit: "USD", required: true),
    ParameterDescriptor("where", .filter, "The part of the calls that it is for", note: "all calls"),
  ])

  private static let threshold = ObjectShape([
    id,
    ParameterDescriptor("metric", .metric, "What is measured", required: true),
    ParameterDescriptor("must", .requirement, "What it must be: '<= 12000', '!= 0', '100..200'", required: true),
    ParameterDescriptor("where", .filter, "The part of the calls that is measured", note: "all calls"),
    ParameterDescriptor("severity", .choice(["fail", "warn"]), "Whether missing it fails the run", default: "fail"),
    ParameterDescriptor(
      "no_data", .choice(["fail", "pass"]), "The verdict when there is nothing to measure", default: "fail"),
  ])

  private static let output = ObjectShape([
    ParameterDescriptor("data", .text, "The CSV, relative to the working directory", note: "data/NAME.csv"),
    ParameterDescriptor(
      "report", .text, "The folder of the reports, relative to the working directory", note: "reports/NAME"),
  ])
}
