/// The business that a scenario is about where it says nothing else: five features, seven providers, three products.
///
/// Sizes are medians and sigmas of published production traces: chat, code completion and long-context chat. Speeds are round
/// figures of the kind that providers publish for these model classes.
enum DefaultBusiness {
  static let products: Literal = [
    ["id": "saas-platform", "share": 0.5], ["id": "api-service", "share": 0.3], ["id": "mobile-app", "share": 0.2],
  ]

  static let features: Literal = .list([
    feature("chat", share: 0.40, input: (1020, 0.99), output: (129, 0.86), cached: 0.35, written: 0.05),
    feature("summarization", share: 0.20, input: (6909, 1.20), output: (350, 1.36), cached: 0.10, waits: true),
    feature("translation", share: 0.15, input: (1020, 0.99), output: (129, 0.86), waits: true),
    feature("code-generation", share: 0.15, input: (1469, 1.36), output: (13, 0.85), cached: 0.50, written: 0.05),
    feature("analysis", share: 0.10, input: (6909, 1.20), output: (350, 1.36), cached: 0.20, reasoning: 0.3),
  ])

  private static func feature(
    _ id: Literal, share: Literal, input: (median: Literal, sigma: Literal), output: (median: Literal, sigma: Literal),
    cached: Literal = 0, written: Literal = 0, reasoning: Literal = 0, waits: Literal = false
  ) -> Literal {
    [
      "id": id, "share": share,
      "input_tokens": [
        "distribution": "lognormal", "median": input.median, "sigma": input.sigma, "min": 1, "max": 128_000,
      ],
      "output_tokens": [
        "distribution": "lognormal", "median": output.median, "sigma": output.sigma, "min": 1, "max": 8192,
      ],
      "cached_share": cached, "cache_write_share": written, "reasoning_share": reasoning, "can_wait": waits,
    ]
  }

  static let providers: Literal = .list([
    provider(
      "openai", share: 0.40, errors: 0.03,
      [model("gpt-4o", 0.3, 350, 85), model("gpt-4o-mini", 0.5, 300, 110), model("gpt-4.1", 0.2, 400, 90)]),
    provider(
      "anthropic", share: 0.25, errors: 0.03,
      [
        model("claude-opus-4-5", 0.1, 1100, 50), model("claude-sonnet-4-5", 0.5, 800, 70),
        model("claude-haiku-4-5", 0.4, 450, 150),
      ]),
    provider(
      "google", share: 0.15, errors: 0.03,
      [
        model("gemini-2.5-pro", 0.3, 900, 120), model("gemini-2.5-flash", 0.5, 350, 220),
        model("gemini-2.5-flash-lite", 0.2, 250, 300),
      ]),
    provider(
      "aws-bedrock", share: 0.10, errors: 0.03,
      [model("claude-sonnet-4-5", 0.6, 900, 65), model("claude-haiku-4-5", 0.4, 550, 130)]),
    provider("azure", share: 0.07, errors: 0.03, [model("gpt-4o", 0.5, 400, 80), model("gpt-4o-mini", 0.5, 350, 100)]),
    provider(
      "mistral", share: 0.02, errors: 0.04,
      [model("mistral-large", 0.4, 450, 60), model("mistral-small", 0.6, 250, 130)]),
    provider(
      "cohere", share: 0.01, errors: 0.05, [model("command-r-plus", 0.4, 500, 60), model("command-r", 0.6, 300, 110)]),
  ])

  private static func provider(_ id: Literal, share: Literal, errors: Literal, _ models: [Literal]) -> Literal {
    ["id": id, "share": share, "models": .list(models), "error_rate": errors]
  }

  private static func model(_ id: Literal, _ weight: Literal, _ firstToken: Literal, _ speed: Literal) -> Literal {
    ["id": id, "weight": weight, "ttft_ms": firstToken, "tokens_per_second": speed]
  }
}
