import LabCore
import LabPrices
import LabTable

@testable import LabAnalysis

/// Small files with all columns that costs depend on, and a book with classes, tiers, a discount and an offer.
enum CostFixture {
  /// Per million tokens: big 10 in, 1 cached, 12.50 written, 30 out, batch 5 and 15; small 1 and 2; beta's rival of big 4 and
  /// 8, beta's rival of small 0.50 and 1, both at 10 % discount.
  static func book(_ more: String = "") throws -> PriceBook {
    try PriceBook.read(
      bytes: Array(
        """
        { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-01-01",
          "providers": [ { "id": "beta", "discount_percent": 10 } ],
          "models": [
            { "provider": "alpha", "model": "big", "class": "frontier", "context_tokens": 100000, "max_output_tokens": 50000,
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 10, "cached_input": 1, "cache_write": 12.5,
                            "output": 30, "tiers": { "batch": { "input": 5, "output": 15 } } } ] },
            { "provider": "alpha", "model": "small", "class": "efficient", "context_tokens": 100000,
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 1, "output": 2 } ] },
            { "provider": "beta", "model": "rival", "class": "frontier", "context_tokens": 5000,
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 4, "output": 8 } ] },
            { "provider": "beta", "model": "tiny", "class": "efficient", "context_tokens": 5000,
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 0.5, "output": 1 } ] } ]\(more) }
        """.utf8), name: "cost prices")
  }

  static let header =
    "timestamp,organization_id,product_id,feature_id,customer_id,provider,model,input_tokens,output_tokens,cost_usd,"
    + "status,error_type,metadata,cached_input_tokens,cache_write_tokens,reasoning_tokens,service_tier,finish_reason,"
    + "cacheable_input_tokens"

  /// One call; times are minutes after Monday 2026-01-05.
  struct Call {
    var minute = 0
    var organization = "org-1"
    var product = "app"
    var feature = "chat"
    var customer = "cust-1"
    var provider = "alpha"
    var model = "big"
    var input = 1000
    var output = 100
    var cost = "0"
    var error = ""
    var metadata = ""
    var cached = 0
    var written = 0
    var reasoning = 0
    var tier = "standard"
    var finish = "stop"
    var cacheable = 0

    var line: String {
      let time =
        Instant(date: CivilDate(year: 2026, month: 1, day: 5)) + TimeSpan(microseconds: Int64(minute) * 60_000_000)
      let fields: [String] = [
        time.description, CostFixture.quoted(organization), CostFixture.quoted(product), CostFixture.quoted(feature),
        customer, CostFixture.quoted(provider), CostFixture.quoted(model), "\(input)", "\(output)", cost,
        error.isEmpty ? "success" : "error", error, CostFixture.quoted(metadata), "\(cached)", "\(written)",
        "\(reasoning)",
        tier, error.isEmpty ? finish : "error", "\(cacheable)",
      ]
      return fields.joined(separator: ",")
    }
  }

  private static func quoted(_ text: String) -> String {
    text.contains { $0 == "," || $0 == "\"" } ? "\"" + text.flatMap { $0 == "\"" ? "\"\"" : String($0) } + "\"" : text
  }

  static func csv(_ calls: [Call]) -> String {
    ([header] + calls.map(\.line)).joined(separator: "\n") + "\n"
  }

  static func result(
    _ id: String, _ calls: [Call], book: PriceBook? = nil, settings: AnalyzerSettings = AnalyzerSettings()
  ) throws -> AnalyzerResult {
    let context = AnalysisContext(prices: try book ?? CostFixture.book(), settings: settings, threads: 2)
    return try AnalyzerRegistry.run(id, on: try AnalysisFixture.table(csv(calls)), in: context)
  }

  /// Random calls over `days` days, some failed, cut off, cached or waiting, at prices that don't always match the book's.
  static func random(_ count: Int, days: Int = 35, seed: UInt64 = 11) -> [Call] {
    var random = RandomStream(seed: seed, purpose: 78)
    let models = [
      ("alpha", "big"), ("alpha", "small"), ("beta", "rival"), ("beta", "tiny"), ("gamma", "odd, \"one\"_x"),
    ]
    return (0..<count).map { index in
      var call = Call()
      call.minute = index * days * 1440 / count
      call.organization = "org-\(random.below(6))"
      call.product = ["app", "api"][random.below(2)]
      call.feature = ["chat", "code, gen", "sum_mary"][random.below(3)]
      call.customer = "cust-\(random.below(40))"
      (call.provider, call.model) = models[random.below(models.count)]
      call.input = 1 + Int(random.lognormal(median: 800, sigma: 1))
      call.output = Int(random.lognormal(median: 120, sigma: 1))
      call.cached = random.chance(0.4) ? call.input / 3 : 0
      call.written = random.chance(0.2) ? call.input / 5 : 0
      call.reasoning = random.chance(0.3) ? call.output / 2 : 0
      call.cacheable = call.cached + random.below(call.input - call.cached + 1)
      call.tier = random.chance(0.8) ? "standard" : ["batch", "flex", "priority"][random.below(3)]
      call.finish = random.chance(0.1) ? "length" : "stop"
      if random.chance(0.1) { call.error = ["timeout", "rate_limit"][random.below(2)] }
      call.metadata = random.chance(0.5) ? "{\"team\":\"t\(random.below(3))\"}" : ""
      call.cost = Money(nanodollars: call.error == "rate_limit" ? 0 : Int64(random.below(90_000_000)))
        .decimalString(minimumPlaces: 6)
      return call
    }
  }
}
