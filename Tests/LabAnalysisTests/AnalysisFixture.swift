import LabCore
import LabJSON
import LabPrices
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

/// Small tables and price books for tests.
enum AnalysisFixture {
  /// Two models of provider alpha, one of beta. Per million tokens: big 10 in, 1 cached, 30 out; small 1 in, 2 out; beta 4/8.
  static func book() throws -> PriceBook {
    try PriceBook.read(
      bytes: Array(
        """
        { "format": "finops-lab/prices/1", "currency": "USD", "as_of": "2026-01-01",
          "models": [
            { "provider": "alpha", "model": "big", "context_tokens": 100000, "max_output_tokens": 50000,
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 10, "cached_input": 1, "output": 30 } ] },
            { "provider": "alpha", "model": "small",
              "prices": [ { "from": "2025-01-01", "per": 1000000, "input": 1, "output": 2 } ] },
            { "provider": "beta", "model": "mid",
              "prices": [ { "from": "2025-01-01", "to": "2026-01-12", "per": 1000000, "input": 4, "output": 8 },
                          { "from": "2026-01-12", "per": 1000000, "input": 8, "output": 16 } ] } ] }
        """.utf8), name: "fixture prices")
  }

  static let header =
    "timestamp,organization_id,product_id,feature_id,customer_id,customer_archetype,subscription_tier,tier_price_usd,"
    + "provider,model,region,input_tokens,output_tokens,total_tokens,latency_ms,cost_usd,status,error_type,metadata,"
    + "call_id,cached_input_tokens,environment"

  /// Six calls in two weeks of January 2026, Monday the 5th to Sunday the 18th.
  ///
  /// Costs by the book: big 1000 in (400 cached) + 100 out = 600·10 + 400·1 + 100·30 = 9,400 µUSD → 0.0094;
  /// small 2000 + 500 = 2000 + 1000 = 3,000 µ → 0.003; mid before the 12th 1000 + 250 = 4000 + 2000 = 6,000 µ → 0.006,
  /// after it twice that, 0.012; the rate-limited call is free; the last call's cost is 0.001 too high, 0.004.
  static let six = """
    \(header)
    2026-01-05T00:10:00.000000Z,org-1,app,chat,cust-1,light,pro,199,alpha,big,us,1000,100,1100,900,0.009400,success,,"{""team"":""red""}",call-1,400,prod
    2026-01-06T10:00:00.000000Z,org-1,app,chat,cust-2,light,pro,199,alpha,small,us,2000,500,2500,800,0.003000,success,,"{""team"":""blue""}",call-2,0,prod
    2026-01-07T10:00:00.000000Z,org-2,api,code,cust-3,heavy,starter,49,beta,mid,eu,1000,250,1250,700,0.006000,success,,,call-3,0,prod
    2026-01-13T10:00:00.000000Z,org-2,api,code,cust-3,heavy,starter,59,beta,mid,eu,1000,250,1250,700,0.012000,success,,,call-4,0,prod
    2026-01-14T10:00:00.000000Z,org-1,app,chat,cust-1,light,pro,199,alpha,big,us,500,0,500,20,0.000000,error,rate_limit,"{""team"":""red""}",call-4,0,test
    2026-01-18T23:50:00.000000Z,org-1,app,chat,cust-2,light,pro,199,alpha,small,us,2000,500,2500,800,0.004000,success,,"{""team"":""blue""}",call-6,0,prod

    """

  static func table(_ csv: String) throws -> CallTable {
    let folder = try TemporaryFolder("analysis")
    return try CallTable.load(try folder.write(csv, to: "calls.csv"))
  }

  /// The findings of an analyzer as JSON.
  static func findings(_ result: AnalyzerResult) throws -> JSONNode {
    var writer = JSONWriter()
    try result.encodeFindings(into: &writer)
    return try JSONReader.read(writer.bytes, name: result.id).root
  }

  /// A random but plausible file: `rows` calls from Monday 2026-01-05 over `days` days.
  static func random(rows: Int, days: Int = 21, seed: UInt64 = 7, customers: Int = 200) -> String {
    var random = RandomStream(seed: seed, purpose: 77)
    let start = Instant(date: CivilDate(year: 2026, month: 1, day: 5)).microseconds
    let models = [
      ("alpha", "big", 10, 30), ("alpha", "small", 1, 2), ("beta", "mid", 8, 16), ("gamma", "odd, \"one\"", 3, 3),
    ]
    let errors = ["timeout", "rate_limit", "auth_error", "server_error"]
    var lines = [header]
    var times = (0..<rows).map { _ in start + Int64(random.unit() * Double(days) * 8.64e10) }
    times.sort()
    for (index, time) in times.enumerated() {
      let (provider, model, inputPrice, outputPrice) = models[min(3, random.below(6))]
      let customer = Int(Double(customers) * random.unit() * random.unit())
      let input = 1 + Int(random.lognormal(median: 900, sigma: 1))
      let output = Int(random.lognormal(median: 120, sigma: 0.9))
      let cached = random.chance(0.3) ? input / 3 : 0
      let failed = random.chance(0.05)
      let nanodollars =
        failed ? 0 : (input - cached) * inputPrice * 1000 + cached * inputPrice * 100 + output * outputPrice * 1000
      let tier = ["starter", "pro", "enterprise"][customer % 3]
      let quoted = model.contains(",") ? "\"odd, \"\"one\"\"\"" : model
      let region = "region-\(random.below(4))"
      let metadata = random.chance(0.2) ? "" : "\"{\"\"team\"\":\"\"t\(random.below(5))\"\"}\""
      let fields: [String] = [
        Instant(microseconds: time).description, "org-\(customer % 20)", "product-\(customer % 3)",
        "feature-\(random.below(5))", "cust-\(customer)", "light", tier, "\(49 + customer % 3 * 100)", provider, quoted,
        region, "\(input)", "\(output)", "\(input + output)", "\(random.below(4000)).5",
        Money(nanodollars: Int64(nanodollars)).decimalString(minimumPlaces: 6), failed ? "error" : "success",
        failed ? errors[random.below(4)] : "", metadata, "call-\(index)", "\(cached)",
        random.chance(0.9) ? "prod" : "test",
      ]
      lines.append(fields.joined(separator: ","))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension JSONNode {
  /// The exact money of a number of USD.
  var money: Money? { number?.exact.flatMap { Money(dollars: $0) } }
  /// The nearest double of a number.
  var double: Double? { number?.double }
  var integer: Int64? { number?.integer }
}
