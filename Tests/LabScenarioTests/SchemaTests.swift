import LabCore
import LabScenario
import LabTestSupport
import Testing

@Suite struct SchemaTests {
  private static let schema = ScenarioSchema.text(Desk.vocabulary)

  /// Scenarios that load and are valid, each after the format.
  static let good = [
    "", #""name":"Größe 1","seed":0,"start":"2026-01-05","duration":"1w2d""#, #""seed":null,"features":null"#,
    #""start":"2026-01-05 09:30:15.25+01:00""#,
    #""traffic":{"patterns":[{"pattern":"burst","multiplier":7},{"pattern":"burst","multiplier":[2,3],"probability":null}]}"#,
    #""traffic":{"phases":[{"name":"p","duration":"90m","patterns":[{"pattern":"base"}]}],"repeat_until":{"rows":5}}"#,
    #""traffic":{"patterns":[{"pattern":"model_migration","from":{"provider":"azure","model":"gpt-4o"},"to":"gpt-4.1","curve":"logistic"}]}"#,
    #""products":[{"id":"a","weight":3},{"id":"b","weight":0}]"#, #""products":{"$replace":[{"id":"a"}]}"#,
    #""population":{"regions":[{"id":"r","utc_offset":"+0530"},{"id":"s","utc_offset":"-14:00"},{"id":"t","utc_offset":"Z"}]}"#,
    #""population":{"tiers":[{"id":"t","monthly_price_usd":"49.90"}]}"#,
    #""features":[{"id":"f","input_tokens":{"distribution":"uniform","min":1,"max":2},"tags":{"team":"x"}}]"#,
    #""thresholds":[{"id":"t","metric":"understanding.total_calls","must":" 1 .. 2e3 ","where":{"metadata.a":["x",1],"region":"us-east"}}]"#,
    #""budgets":[{"id":"ai","monthly_usd":1}],"thresholds":[{"id":"t","metric":"understanding.budget.ai.burn_usd","must":"<=.5"}]"#,
    #""providers":[{"id":"openai","models":[{"id":"gpt-4o"}],"errors":{"timeout":1}}]"#,
  ]

  /// Scenarios with a fault that a schema can express.
  static let bad = [
    #""sed":1"#, #""seed":"x""#, #""seed":1.5"#, #""seed":-1"#, #""population":[]"#, #""features":{}"#,
    #""features":[]"#,
    #""name":"""#, #""name":" a""#, #""name":"a[b]""#, #""description":5"#, #""duration":14"#, #""duration":"14 days""#,
    #""duration":"0d""#, #""duration":"""#, #""duration":"2d1w""#, #""start":"tomorrow""#, #""start":5"#,
    #""traffic":{"calls_per_hour":1e308}"#, #""traffic":{"calls_per_hour":"many"}"#, #""traffic":{"patterns":{}}"#,
    #""traffic":{"patterns":[{"pattern":"burts"}]}"#, #""traffic":{"patterns":[{"probability":1}]}"#,
    #""traffic":{"patterns":[{"pattern":"burst","peak":1}]}"#,
    #""traffic":{"patterns":[{"pattern":"burst","multiplier":0}]}"#,
    #""traffic":{"patterns":[{"pattern":"burst","multiplier":[1,2,3]}]}"#,
    #""traffic":{"patterns":[{"pattern":"feature_launch"}]}"#, #""traffic":{"phases":[{"name":"p"}]}"#,
    #""traffic":{"phases":[]}"#, #""traffic":{"retries":11}"#, #""traffic":{"latency":{"model":"fast"}}"#,
    #""incidents":[{"kind":"outage"}]"#, #""products":[{"share":1}]"#, #""products":[{"id":"a","share":2}]"#,
    #""population":{"customers":0}"#, #""population":{"customers":1e9}"#, #""population":{"monthly_churn":1.1}"#,
    #""population":{"regions":[{"id":"r","utc_offset":"-25:00"}]}"#,
    #""population":{"tiers":[{"id":"t","monthly_price_usd":-1}]}"#,
    #""population":{"tiers":[{"id":"t","monthly_price_usd":"$1"}]}"#,
    #""features":[{"id":"f","input_tokens":{"distribution":"gauss"}}]"#, #""features":[{"id":"f","input_tokens":5}]"#,
    #""features":[{"id":"f","cached_share":1.5}]"#, #""features":[{"id":"f","tags":{"a":1}}]"#,
    #""features":[{"id":"f","routes":[{"provider":"openai"}]}]"#, #""features":[{"id":"f","can_wait":"yes"}]"#,
    #""providers":[{"id":"openai","models":[]}]"#,
    #""providers":[{"id":"openai","models":[{"id":"gpt-4o"}],"errors":{"crash":1}}]"#,
    #""thresholds":[{"id":"t","metric":"understanding.total_cost","must":"< 1"}]"#,
    #""thresholds":[{"id":"t","metric":"understanding.total_calls","must":"about 5"}]"#,
    #""thresholds":[{"id":"t","metric":"understanding.total_calls","must":"< 1","severity":"bad"}]"#,
    #""budgets":[{"id":"b","monthly_usd":1,"where":{"regon":"x"}}]"#,
    #""budgets":[{"id":"b","monthly_usd":1,"where":{"region":[]}}]"#, #""repeat_until":{"rows":0}"#,
    #""repeat_until":{"megabytes":-1}"#, #""output":{"data":5}"#, #""analysis":{"sla_ms":0}"#, #""prices":5"#,
    #""extends":5"#,
  ]

  @Test(.enabled(if: JSONSchemaValidator.isPresent, JSONSchemaValidator.absence))
  func `what the lab accepts is valid under the schema`() throws {
    for keys in Self.good { _ = try Desk.line(keys).load() }
    let texts = try Self.good.map { try #require(Desk.line($0).files["s.json"]) }
    let errors = try JSONSchemaValidator.errors(schema: Self.schema, instances: texts)
    for (keys, error) in zip(Self.good, errors) { #expect(error == nil, "\(keys)") }
  }

  @Test(.enabled(if: JSONSchemaValidator.isPresent, JSONSchemaValidator.absence))
  func `what breaks the schema is refused by both`() throws {
    for keys in Self.bad { #expect(try !Desk.line(keys).problems().isEmpty, "\(keys)") }
    let texts = try Self.bad.map { try #require(Desk.line($0).files["s.json"]) }
    let errors = try JSONSchemaValidator.errors(schema: Self.schema, instances: texts)
    for (keys, error) in zip(Self.bad, errors) { #expect(error != nil, "\(keys)") }
  }

  @Test(.enabled(if: JSONSchemaValidator.isPresent, JSONSchemaValidator.absence))
  func `a printed scenario is valid under the schema`() throws {
    let texts = try Self.good.map { try Desk.line($0).load().text() }
    let errors = try JSONSchemaValidator.errors(schema: Self.schema, instances: texts)
    for (text, error) in zip(texts, errors) { #expect(error == nil, "\(text)") }
  }

  @Test(.enabled(if: JSONSchemaValidator.isPresent, JSONSchemaValidator.absence))
  func `a patch may delete items, and the schema asks for nothing but the format`() throws {
    let errors = try JSONSchemaValidator.errors(
      schema: Self.schema,
      instances: [
        #"{"format":"finops-lab/scenario/1","budgets":[{"id":"a","$delete":true}],"features":[{"id":"f","input_tokens":{"median":5}}]}"#,
        #"{"format":"finops-lab/scenario/1","budgets":[{"id":"a","$delete":false}]}"#, "{}", #"{"format":null}"#,
      ])
    #expect(errors[0] == nil)
    #expect(errors[1] != nil)
    #expect(errors[2]?.contains("'format' is a required property") == true)
    #expect(errors[3] != nil)
  }
}

@Suite struct ReferenceTests {
  @Test func `the reference names every key of a scenario with its default`() {
    let page = ScenarioReference.markdown(Desk.vocabulary)
    #expect(page.contains("| `calls_per_hour` | number, 0 to 100000000 (calls/h) | `1000` |"))
    #expect(page.contains("| `multiplier` | number or `[low, high]`, greater than 0 | `5 to 20` |"))
    #expect(page.contains("| `metric` | metric | *required* |"))
    #expect(page.contains("| `at` | duration | 20 % of the phase |"))
    for heading in ["## `traffic.phases[]`", "## `providers[].models[]`", "### `lognormal`", "### `burst`"] {
      #expect(page.contains(heading + "\n"))
    }
  }
}
