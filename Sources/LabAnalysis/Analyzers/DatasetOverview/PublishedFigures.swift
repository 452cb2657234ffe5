/// What is published about real services, to hold a data set against.
enum PublishedFigures {
  struct Figure {
    var id: String
    var label: String
    var text: String
    var source: String
  }

  private static let production = "ServeGen: 14 days of four production models"

  static let chatInput = Figure(
    id: "input_tokens_p50", label: "Median input tokens",
    text: "1,020 (chat), 1,469 (code completion), 6,909 (long-context chat)",
    source: "Azure LLM inference traces 2023 (Patel et al., Splitwise, ISCA 2024); Mooncake (FAST 2025)")
  static let chatOutput = Figure(
    id: "output_tokens_p50", label: "Median output tokens",
    text: "129 (chat), 13 (code completion), 350 (long-context chat)", source: chatInput.source)
  static let inputSigma = Figure(
    id: "input_tokens_log_sigma", label: "Spread of input tokens (sigma of the logarithm)",
    text: "0.99 (chat), 1.36 (code completion), 1.20 (long-context chat)", source: chatInput.source)
  static let outputSigma = Figure(
    id: "output_tokens_log_sigma", label: "Spread of output tokens (sigma of the logarithm)",
    text: "0.86 (chat), 0.85 (code completion), 1.36 (long-context chat)", source: chatInput.source)
  static let gapsMedian = Figure(
    id: "gap_cv_p50", label: "Variation of gaps between calls, median customer", text: "1.2", source: production)
  static let gapsHigh = Figure(
    id: "gap_cv_p90", label: "Variation of gaps between calls, 90th percentile of customers", text: "4 to 5",
    source: production)
  static let gini = Figure(
    id: "gini_calls", label: "Gini of calls over customers", text: "0.83 to 0.87", source: production)
  static let topTenth = Figure(
    id: "top_tenth_call_share_pct", label: "Calls of the largest tenth of customers", text: "71 to 79 %",
    source: production)
  static let cached = Figure(
    id: "cached_share_pct", label: "Input read from a cache", text: "86 % (agentic coding)",
    source: "agentic coding traffic with prompt caching, as in the agents scenario")
  static let failures = Figure(
    id: "error_rate_pct", label: "Failed calls", text: "2 to 7 %", source: "published failure rates of real services")
  static let peakToTrough = Figure(
    id: "peak_to_trough", label: "Busiest over quietest hour of the day (UTC, whole days)", text: "1.4 to 4.9",
    source: production + ", mean requests by hour of day")
}
