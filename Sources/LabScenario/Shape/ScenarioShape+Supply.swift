extension ScenarioShape {
  static let feature = ObjectShape(
    [id] + shares + [
      ParameterDescriptor(
        "input_tokens", .distribution(.tokens), "Input of a call, cache reads and writes included",
        default: ["distribution": "lognormal", "median": 1020, "sigma": 0.99]),
      ParameterDescriptor(
        "output_tokens", .distribution(.tokens), "Output of a call, reasoning included",
        default: ["distribution": "lognormal", "median": 129, "sigma": 0.86]),
      ParameterDescriptor("cached_share", .number(.share), "The mean share of input that a cache serves", default: 0),
      ParameterDescriptor(
        "cache_write_share", .number(.share), "The mean share of input written to a cache for five minutes", default: 0),
      ParameterDescriptor(
        "cache_write_1h_share", .number(.share), "The mean share of input written to a cache for an hour", default: 0),
      ParameterDescriptor(
        "cacheable_share", .number(.share), "The share of input that an unlimited prefix cache would have held",
        note: "'cached_share'"),
      ParameterDescriptor("reasoning_share", .number(.share), "The mean share of output that is reasoning", default: 0),
      ParameterDescriptor("batch_share", .number(.share), "The share of calls at the batch tier", default: 0),
      ParameterDescriptor("flex_share", .number(.share), "The share of calls at the flex tier", default: 0),
      ParameterDescriptor("priority_share", .number(.share), "The share of calls at the priority tier", default: 0),
      ParameterDescriptor("can_wait", .boolean, "Whether the work may wait for a batch", default: false),
      ParameterDescriptor(
        "routes", .list(.object(route), count: 0...1000), "The models that serve it",
        note: "all providers by share and their models by weight"),
      ParameterDescriptor(
        "tags", .dictionary(.text, count: 0...100), "Tags that its calls carry in 'metadata'", default: [:]),
    ], hasShare: true)

  private static let route = ObjectShape(
    [
      ParameterDescriptor("provider", .reference(.provider), "A provider of this scenario", required: true),
      ParameterDescriptor("model", .identifier, "A model of that provider", required: true),
    ] + shares, hasShare: true)

  static let provider = ObjectShape(
    [id] + shares + [
      ParameterDescriptor("models", .table(model, count: 1...1000), "The models that it serves", required: true),
      ParameterDescriptor("error_rate", .number(.share), "The share of calls that fails", default: 0.03),
      ParameterDescriptor(
        "errors", .mix(errorTypes), "What the failures are; the shares sum to 1",
        default: ["timeout": 0.40, "rate_limit": 0.30, "auth_error": 0.15, "server_error": 0.15]),
      ParameterDescriptor(
        "cluster_length", .span(.positive), "The mean length of a stretch in which failures gather", default: "10m"),
      ParameterDescriptor(
        "cluster_factor", .number(.between(1, 1000)),
        "How many times the usual share of calls fails in such a stretch; 1 makes failures independent", default: 8),
      ParameterDescriptor(
        "capacity_per_hour", .number(.positive), "Calls beyond which queues and rate limits grow", unit: "calls/h",
        note: "no limit"),
    ], hasShare: true)

  /// The error types of the usage record.
  static let errorTypes = ["timeout", "rate_limit", "auth_error", "server_error"]

  private static let model = ObjectShape(
    [id] + shares + [
      ParameterDescriptor(
        "ttft_ms", .number(.positive(upTo: 1e6)), "The median time to the first token", unit: "ms", default: 500),
      ParameterDescriptor(
        "tokens_per_second", .number(.positive(upTo: 1e6)), "The speed of output after the first token",
        unit: "tokens/s",
        default: 80),
    ], hasShare: true)

  static let traffic = ObjectShape([
    ParameterDescriptor(
      "calls_per_hour", .number(.between(0, ScenarioLimits.callsPerHour)),
      "Calls of the starting population where all factors are 1", unit: "calls/h", default: 1000),
    ParameterDescriptor(
      "patterns", .list(.setting(.pattern), count: 0...100), "What makes traffic rise and fall; factors multiply",
      note: "none, so that traffic is flat"),
    ParameterDescriptor(
      "phases", .list(.object(phase), count: 1...1000),
      "Stretches of the timeline one after another, in place of 'duration' and 'traffic.patterns'"),
    ParameterDescriptor(
      "arrival_cv", .number(.between(1, 100)),
      "The coefficient of variation of the gaps between a customer's calls: 1 is a Poisson process, more gathers calls into sessions; rhythms more regular than chance are not modelled",
      default: 1.25),
    ParameterDescriptor(
      "day_cv", .number(.between(0, 10)), "The coefficient of variation of a customer's days", default: 0.6),
    ParameterDescriptor("sessions", .object(sessions), "How a customer's calls come together", default: [:]),
    ParameterDescriptor(
      "retries", .integer(.between(0, 10)), "How often a failed call is tried again at most", default: 2),
    ParameterDescriptor("latency", .object(latency), "How long calls take", default: [:]),
    ParameterDescriptor("environment", .identifier, "The environment that the calls carry", default: "production"),
  ])

  private static let phase = ObjectShape([
    ParameterDescriptor("name", .identifier, "Its name", required: true),
    ParameterDescriptor("duration", .span(.positive), "How long it lasts", required: true),
    ParameterDescriptor(
      "patterns", .list(.setting(.pattern), count: 0...100), "What makes traffic rise and fall; factors multiply",
      default: []),
  ])

  private static let sessions = ObjectShape([
    ParameterDescriptor("calls", .number(.between(1, 10_000)), "Calls of a session on average", default: 3),
    ParameterDescriptor("gap", .span(.positive), "The mean time between the calls of a session", default: "45s"),
  ])

  private static let latency = ObjectShape([
    ParameterDescriptor(
      "model", .choice(["tokens", "classic"]),
      "'tokens': time to the first token plus output over speed; 'classic': (total tokens / 10 + U(50, 200)) × region × U(0.8, 1.2)",
      default: "tokens"),
    ParameterDescriptor(
      "noise_sigma", .number(.between(0, 3)), "The spread of the log of latency from call to call, for 'tokens'",
      default: 0.25),
  ])
}
