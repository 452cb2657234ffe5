import LabCore
import Testing

@Suite struct DiagnosticTests {
  @Test func `a diagnostic prints its place, sentence, path and help`() {
    let diagnostic = Diagnostic(
      code: "out_of_range", sentence: "'multiplier' must be greater than 0, found -3",
      help: "leave the key out to use the default, 5 to 20",
      at: SourceLocation(file: "scenarios/peak.json", line: 14, column: 21), path: "traffic.patterns[1].multiplier")
    #expect(
      diagnostic.description == """
        scenarios/peak.json:14:21: error: 'multiplier' must be greater than 0, found -3
          at traffic.patterns[1].multiplier
          help: leave the key out to use the default, 5 to 20
        """)
    #expect(Diagnostic(.warning, code: "x", sentence: "odd").description == "warning: odd")
    #expect(SourceLocation(file: "a", column: 4).description == "a")
  }

  @Test func `a failure prints all of its problems`() {
    let failure = LabFailure(
      .invalidInput, [Diagnostic(code: "a", sentence: "one"), Diagnostic(code: "b", sentence: "two")])
    #expect(failure.description == "error: one\nerror: two")
  }
}

@Suite struct SuggestionTests {
  private let words = [
    "providers", "population", "prices", "traffic", "thresholds", "budgets", "p95_latency_ms", "p99_latency_ms",
  ]

  @Test(arguments: [
    ("provders", "providers"), ("trafic", "traffic"), ("tarffic", "traffic"), ("treshold", "thresholds"),
    ("PRICES", "prices"),
    ("budget", "budgets"), ("latency", "p95_latency_ms"),
  ])
  func `the nearest word is suggested`(typed: String, meant: String) {
    #expect(Suggestion.nearest(to: typed, among: words).first == meant)
  }

  @Test func `nothing near gives no suggestion`() {
    #expect(Suggestion.nearest(to: "zebra", among: words).isEmpty)
    #expect(Suggestion.nearest(to: "", among: words).isEmpty)
    #expect(Suggestion.help(for: "zebra", among: words) == nil)
    #expect(Suggestion.nearest(to: String(repeating: "x", count: 100_000), among: words).isEmpty)
  }

  @Test func `several near words read as a sentence`() {
    #expect(Suggestion.help(for: "trafic", among: words) == "did you mean 'traffic'?")
    #expect(Suggestion.help(for: "p9_latency_ms", among: words) == "did you mean 'p95_latency_ms' or 'p99_latency_ms'?")
    #expect(Suggestion.nearest(to: "aa", among: ["ab", "ac", "ad", "ab", "ae"]) == ["ab", "ac", "ad"])
  }
}
