import LabJSON
import LabTestSupport
import Testing

/// Every figure of all thirteen analyzers against SQL over the same CSV: `Tests/Independent/check_findings.py` computes them
/// anew and refuses figures that it has no rule for.
@Suite(.enabled(if: DuckDB.python != nil, DuckDB.absence)) struct IndependentFiguresTests {
  /// Analyses a file of the lab's folder and checks what is found.
  private func check(_ lab: Lab, _ data: String) throws -> (findings: JSONNode, check: ProcessRun) {
    let analysis = try lab.run("analyze", data, "--format", "json", timeout: 300)
    expectExit(analysis, 0)
    try lab.folder.write(analysis.output, to: data + ".json")
    return (try JSONReader.read(analysis.outputBytes, name: "findings").root, try recheck(lab, data))
  }

  /// Checks the findings that lie beside a file.
  private func recheck(_ lab: Lab, _ data: String) throws -> ProcessRun {
    try ProcessRun.run(
      try #require(DuckDB.python),
      [
        PackageRoot.file("Tests/Independent/check_findings.py"), lab.folder.file(data), lab.folder.file(data + ".json"),
      ], timeout: 600)
  }

  /// Whether all thirteen analyzers were compared without a difference; how many figures were.
  private func expectEqual(_ run: ProcessRun, sourceLocation: SourceLocation = #_sourceLocation) -> Int {
    expectExit(run, 0, sourceLocation: sourceLocation)
    let counts = run.output.split(separator: "\n").filter { $0.contains(" figures compared, 0 differ") }
      .compactMap { line in Int(line.split(separator: " ")[1].filter { $0 != "," }) }
    #expect(counts.count == 13 && counts.allSatisfy { $0 > 5 }, "\(run.output)", sourceLocation: sourceLocation)
    return counts.reduce(0, +)
  }

  @Test(
    .enabled(
      if: PackageRoot.isReleaseDriven,
      "skipped: a million calls take minutes in a debug build; LAB_PRODUCT names another"))
  func `every figure of a million simulated calls is what SQL computes`() throws {
    let lab = try Lab()
    let book = String(decoding: try PackageRoot.bytes(of: "scenarios/prices/2026-11.json"), as: UTF8.self)
    let terms = """
      "currency": "USD",
        "providers": [
          { "id": "openai", "discount_percent": 12.5, "bill_errors": { "server_error": "input" } },
          { "id": "azure", "bill_errors": { "timeout": "input" } } ],
      """
    try lab.folder.write(book.replacing("\"currency\": \"USD\",", with: terms, maxReplacements: 1), to: "book.json")
    try lab.folder.write(
      """
      {
        "format": "finops-lab/scenario/1", "extends": "\(PackageRoot.file("scenarios/incidents.json"))", "prices": "book.json",
        "features": [
          { "id": "summarization", "batch_share": 0.3, "flex_share": 0.1 },
          { "id": "chat", "cache_write_1h_share": 0.02, "priority_share": 0.05 }
        ],
        "budgets": [
          { "id": "ai", "monthly_usd": 6500 },
          { "id": "developers", "monthly_usd": 900, "where": { "feature_id": "code-generation" } }
        ],
        "analysis": {
          "required_tags": [ "team", "cost_center" ],
          "shared_costs": [
            { "id": "platform", "monthly_usd": 1200.55, "key": "tokens" },
            { "id": "support", "monthly_usd": 300, "key": "even" }
          ],
          "invoice": [
            { "provider": "openai", "month": "2026-01-15", "amount_usd": 900.12 },
            { "provider": "anthropic", "month": "2026-02-01", "amount_usd": 3000 }
          ],
          "pricing_models": [
            { "id": "tokens", "per_million_input_tokens_usd": 3, "per_million_output_tokens_usd": 12 },
            { "id": "cost_plus", "markup_pct": 30 }
          ]
        }
      }
      """, to: "million.json")
    expectExit(try lab.run("simulate", "million.json", "--rows", "1000000", "-o", "million.csv", timeout: 300), 0)
    let (findings, check) = try check(lab, "million.csv")
    #expect(findings["data"]?["rows"]?.number?.integer ?? 0 >= 1_000_000)
    #expect(expectEqual(check) > 50_000)
  }

  @Test(.enabled(if: SharedData.isPresent, SharedData.absence))
  func `every figure of the Azure trace is what SQL computes`() throws {
    let lab = try Lab()
    expectExit(
      try lab.run(
        "import", "azure-llm", SharedData.file("azure-2023/AzureLLMInferenceTrace_code.csv"), "-o", "azure.csv",
        "--set",
        "provider=azure", "--set", "model=gpt-4o"), 0)
    #expect(expectEqual(try check(lab, "azure.csv").check) > 500)
  }

  @Test(.enabled(if: SharedData.isPresent, SharedData.absence))
  func `every figure of the Mooncake trace is what SQL computes`() throws {
    let lab = try Lab()
    expectExit(
      try lab.run(
        "import", "mooncake", SharedData.file("mooncake/conversation_trace.jsonl"), "-o", "chat.csv", "--start",
        "2026-01-05", "--set", "provider=openai", "--set", "model=gpt-4o-mini"), 0)
    #expect(expectEqual(try check(lab, "chat.csv").check) > 500)
  }

  @Test func `sixteen calls have the figures that were computed by hand, and SQL computes the same`() throws {
    let (findings, check) = try check(try handChecked(), "calls.csv")
    #expect(expectEqual(check) > 2000)
    // Call k of 1 to 16 has 100 k input and 10 k output tokens and takes 200 k ms. Odd ones are gpt-4o at 2.50 and 10.00 USD
    // per million, 350,000 k nanodollars, of customer a; even ones gpt-4o-mini at 0.15 and 0.60, 21,000 k, of customer b.
    // Call 15 was refused and is free, call 16 timed out and is billed, call 14 was cut off.
    func number(_ path: String...) -> Double? {
      path.reduce(findings["analyzers"]) { node, name in node?[name] }?.number?.double
    }
    let hand: [(String, String, Double)] = [
      // a: 350,000 · (1 + 3 + … + 13) = 17,150,000; b: 21,000 · (2 + 4 + … + 16) = 1,512,000 nanodollars.
      ("understanding", "total_cost_usd", 0.018662), ("understanding", "input_tokens", 13_600),
      ("understanding", "output_tokens", 1360), ("understanding", "cost_per_call_usd", 0.018662 / 16),
      ("understanding", "cost_per_million_tokens_usd", 0.018662 / 14_960 * 1e6),
      ("understanding", "provider_hhi", 1_512_289.0 / 1_776_889), ("realtime", "max_provider_share", 1225.0 / 1333),
      ("dataset_overview", "success_rate_pct", 87.5), ("dataset_overview", "gini_customers", 15_638.0 / 37_324),
      ("performance", "sla_violations", 6), ("performance", "sla_compliance_pct", 62.5),
      ("performance", "error_rate_pct", 12.5), ("performance", "retry_cost_usd", 0.000336),
      // Output of call 16, 160 · 600, and of call 14, 140 · 600 nanodollars.
      ("token_economics", "waste_usd", 0.00018), ("alignment", "organizations", 2),
      ("optimization", "savings_eliminate_usd", 0.000336),
    ]
    for (analyzer, metric, value) in hand {
      let found = number(analyzer, "summary", metric)
      #expect(abs((found ?? .nan) - value) <= 1e-12 * max(1, value), "\(analyzer).\(metric): \(found ?? .nan)")
    }
    let sizes = findings["analyzers"]?["dataset_overview"]?["findings"]?["tokens"]?.array?.first
    // The nearest ranks of 16: places 2, 8, 15, 16.
    #expect(["p10", "p50", "p90", "p99"].map { sizes?[$0]?.number?.integer } == [200, 800, 1500, 1600])
    let shares = findings["analyzers"]?["alignment"]?["findings"]?["by_organization"]?.array
    #expect(shares?.map { $0["showback_pct"]?.number?.double } == [91.9, 8.1])
  }

  @Test(arguments: [
    ["timestamp"], ["cost_usd"], ["provider"], ["customer_id"], ["status", "error_type"], ["latency_ms", "ttft_ms"],
    ["input_tokens", "total_tokens"], ["output_tokens", "total_tokens", "reasoning_tokens"],
    ["finish_reason", "tier_price_usd"],
  ])
  func `what a file without some columns can't tell is unknown, and all else is what SQL computes`(
    columns: [String]
  ) throws {
    let lab = try handChecked()
    let lines = try lab.folder.text(of: "calls.csv").split(separator: "\n").map {
      // The only quoted field is the tag.
      $0.replacing(#""{""team"":""x""}""#, with: "tag").split(separator: ",", omittingEmptySubsequences: false)
    }
    let kept = lines[0].indices.filter { !columns.contains(String(lines[0][$0])) }
    #expect(kept.count + columns.count == lines[0].count)
    let text = lines.map { line in
      kept.map { line[$0] == "tag" ? #""{""team"":""x""}""# : line[$0] }.joined(separator: ",")
    }
    try lab.folder.write(text.joined(separator: "\n") + "\n", to: "calls.csv")
    #expect(expectEqual(try check(lab, "calls.csv").check) > 300)
  }

  @Test func `years of silence, models without a price and names with commas, quotes and line breaks change no figure`()
    throws
  {
    let lab = try Lab()
    var text =
      "timestamp,organization_id,feature_id,customer_id,subscription_tier,tier_price_usd,provider,model,region,input_tokens,"
      + "output_tokens,latency_ms,cost_usd,status,error_type\n"
    let names = [#""a, b""#, #""say ""hi""""#, "under_score", "\"two\nlines\"", " blank ", "=1+1", "émoji 🙂"]
    for call in 0..<6000 {
      let year = [2026, 2026, 2029, 2034][call / 1500]
      let (day, hour) = (1 + call % 1500 / 60, call % 60 * 24 / 60)
      let (name, customer) = (names[call % names.count], call / 7 % names.count)
      let (tokens, failed) = (call * 7919 % 40_000, call % 13 == 0)
      text +=
        "\(year)-0\(call / 1500 + 1)-\(day < 10 ? "0" : "")\(day)T\(hour < 10 ? "0" : "")\(hour):00:00Z,\(names[customer]),\(name),"
        + "\(names[customer]),\(customer % 2 == 0 ? "pro" : "starter"),\(customer % 2 == 0 ? 199 : 49),openai,"
        + "\(call % 3 == 0 ? "gpt-4o" : "model_\(call % 40)"),\(name),\(tokens),\(tokens % 977),\(tokens % 5003).5,"
        + "0.\(100_000 + tokens),\(failed ? "error,timeout" : "success,")\n"
    }
    try lab.folder.write(text, to: "odd.csv")
    #expect(expectEqual(try check(lab, "odd.csv").check) > 5000)
  }

  @Test func `the check fails on a figure that was altered, a row that is missing and a list that it doesn't know`()
    throws
  {
    let lab = try handChecked()
    #expect(expectEqual(try check(lab, "calls.csv").check) > 2000)
    let findings = try lab.folder.text(of: "calls.csv.json")
    for (old, new, sentence) in [
      ("\"p90\": 1500", "\"p90\": 1501", "dataset_overview.findings.tokens[0].p90: 1501 where 1500 was computed"),
      ("\"cost_usd\": 0.017150000", "\"cost_usd\": 0.017150001", "0.017150001 where 0.017150000 was computed"),
      (
        "\"showback_pct\": 91.9", "\"showback_pct\": 91.90001", "alignment.findings.by_organization[org-1].showback_pct"
      ),
      ("\"by_provider\": [", "\"by_moon\": [], \"by_provider\": [", "by_moon: no rule computes this figure"),
      ("\"error_type\": \"timeout\"", "\"error_type\": \"tired\"", "no such row was computed"),
    ] {
      let altered = findings.replacing(old, with: new, maxReplacements: 1)
      #expect(altered != findings, "\(old) is nowhere")
      try lab.folder.write(altered, to: "calls.csv.json")
      let run = try recheck(lab, "calls.csv")
      expectExit(run, 1)
      #expect(run.output.contains(sentence), "\(sentence)\n\(run.output)")
    }
  }

  /// A lab with the sixteen calls as `calls.csv`.
  private func handChecked() throws -> Lab {
    let lab = try Lab()
    let bytes = try PackageRoot.bytes(of: "Tests/Samples/hand-checked.csv")
    try lab.folder.write(String(decoding: bytes, as: UTF8.self), to: "calls.csv")
    return lab
  }
}
