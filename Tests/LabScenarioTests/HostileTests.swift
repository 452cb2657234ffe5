import LabCore
import LabScenario
import Testing

/// Texts that ask for too much or make no sense: each ends in an error with a place, none in a crash or a long wait.
@Suite struct HostileTests {
  @Test(
    arguments: [
      (#""traffic":{"calls_per_hour":1e308}"#, "'calls_per_hour' must be between 0 and 100000000, found 1e308"),
      (#""traffic":{"calls_per_hour":1e99999}"#, "'calls_per_hour' must be between 0 and 100000000, found 1e99999"),
      (#""traffic":{"calls_per_hour":1e8}"#, "the scenario asks for about 33600000000 calls; 1000000000 are the limit"),
      (#""population":{"customers":1000000000}"#, "'customers' must be between 1 and 1000000, found 1000000000"),
      (#""population":{"customers":0}"#, "'customers' must be between 1 and 1000000, found 0"),
      (#""duration":"9999d""#, "the timeline is 9999 days long; 7320 are the limit"),
      (#""duration":"3650000d""#, "the timeline is 3650000 days long; 7320 are the limit"),
      (
        #""duration":"99999999999999999999d""#,
        "expected a duration such as '14d' or '12d3h', found '99999999999999999999d'"
      ),
      (#""start":"9999-12-30T00:00:00Z""#, "the timeline ends after the year 9999"),
      (
        #""start":"10000-01-01T00:00:00Z""#,
        "expected a time such as '2026-01-05T00:00:00Z', found '10000-01-01T00:00:00Z'"
      ),
      (#""seed":1e30"#, "'seed' must be between 0 and 9007199254740991, found 1e30"),
      (#""budgets":[{"id":"b","monthly_usd":1e300}]"#, "expected an amount of USD, found 1e300"),
      (#""budgets":[{"id":"b","monthly_usd":-1}]"#, "expected an amount of USD, found -1"),
      (#""analysis":{"sla_ms":1e15}"#, "'sla_ms' must be greater than 0 and at most 1000000000000, found 1e15"),
      (#""repeat_until":{"megabytes":1e7}"#, "'megabytes' must be greater than 0 and at most 1000000, found 1e7"),
      (#""repeat_until":{"rows":0.5}"#, "'rows' must be between 1 and 10000000000, found 0.5"),
      (
        #""traffic":{"calls_per_hour":0},"repeat_until":{"rows":5}"#,
        "'repeat_until' never ends, since 'traffic.calls_per_hour' is 0"
      ),
      (#""population":{"archetypes":[{"id":"idle","rate":0}]}"#, "the weights of 'rate' are all 0"),
      (#""population":{"activity":{"distribution":"uniform","min":0,"max":0}}"#, "the weights of 'max' are all 0"),
      (#""features":[5]"#, "expected an object, found 5"),
      (#""features":[null]"#, "expected an object, found null"),
      (#""features":[{"id":null}]"#, "key 'id' is missing"),
      (#""features":[{"id":""}]"#, "'' can't be a name: it is empty"),
      (#""features":[{"id":7}]"#, "expected a string, found 7"),
      (#""traffic":{"patterns":[[]]}"#, "expected an object with 'pattern', found an array"),
      (#""traffic":{"patterns":[{"pattern":[]}]}"#, "expected a string, found an array"),
      (#""thresholds":[{"id":"t","metric":5,"must":[]}]"#, "expected the name of a metric, found 5"),
      (
        #""budgets":[{"id":"b","monthly_usd":1,"where":{"region":{}}}]"#,
        "expected a value or a list of values, found an object"
      ),
      (
        #""budgets":[{"id":"b","monthly_usd":1,"where":{"region":[]}}]"#,
        "'region' has no values, so that nothing can match"
      ),
      (#""budgets":[{"id":"b","monthly_usd":1,"where":{"metadata.":"x"}}]"#, "there is no column 'metadata.'"),
      (#""extends":5"#, "expected a string, found 5"), (#""prices":5"#, "expected a string, found 5"),
    ]) func `what no run could do is refused with a bound`(_ keys: String, _ sentence: String) throws
  {
    let problems = try Desk.line(keys).failure().diagnostics
    #expect(problems.first?.sentence == sentence)
    #expect(problems.first?.location?.line == 2)
    #expect(problems.first?.location?.column != nil)
  }

  @Test func `a text of any length is cut or refused`() throws {
    let long = String(repeating: "x", count: 3000)
    #expect(
      try Desk.line(#""description":"\#(long)""#).problems() == ["s.json:2:15: the text is longer than 2000 characters"]
    )
    let name = try Desk.line(#""name":"\#(long)""#).problems()
    #expect(
      name == ["s.json:2:8: '\(String(repeating: "x", count: 40))…' can't be a name: it is longer than 200 characters"])
  }

  @Test func `nesting is bounded`() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(
      try Desk.line(#""features":\#(deep)"#).problems() == ["s.json:2:75: values are nested deeper than 64 levels"])
  }

  @Test func `many problems are found in reasonable time`() throws {
    let items = (0..<9000).map { #"{"id":"p\#($0)","shre":0.1}"# }.joined(separator: ",\n")
    let clock = ContinuousClock()
    var count = 0
    let time = try clock.measure { count = try Desk.line("\"products\":[\(items)]").failure().diagnostics.count }
    #expect(count == 9000)
    #expect(time < .seconds(20))
  }

  @Test func `every prefix of a scenario is an error or a scenario, never a crash`() throws {
    let whole =
      #"{"format":"finops-lab/scenario/1","features":[{"id":"é","share":1,"routes":[{"provider":"openai","model":"gpt-4o"}]}],"thresholds":[{"id":"t","metric":"understanding.total_calls","must":"1..2"}]}"#
    let bytes = Array(whole.utf8)
    let loader = Desk().loader
    var loaded = 0
    for end in 0...bytes.count {
      do throws(LabFailure) {
        _ = try loader.load(Array(bytes[..<end]), name: "s.json")
        loaded += 1
      } catch {
        #expect(error.kind == .invalidInput)
        #expect(!error.diagnostics.isEmpty)
      }
    }
    #expect(loaded == 1)
  }

  @Test func `every value may be of any type without a crash`() throws {
    let loaded = try Desk.line(#""traffic":{"patterns":[{"pattern":"burst"}]},"budgets":[{"id":"b","monthly_usd":1}]"#)
      .load()
    let loader = Desk.line(#""traffic":{"patterns":[{"pattern":"burst"}]},"budgets":[{"id":"b","monthly_usd":1}]"#)
      .loader
    let values = [
      "null", "true", "-1", "1e400", "\"\"", "[]", "{}", "[[]]", "{\"id\":5}", "[{\"id\":\"a\"},{\"id\":\"a\"}]",
    ]
    // Each value of the scenario meets three of them in turn; all meet all over the many values of one kind.
    for (index, entry) in loaded.entries.enumerated() where entry.path != "format" {
      for value in (0..<3).map({ values[(index + $0 * 3) % values.count] }) {
        let edit = Edit(path: entry.path, value: value, place: .flag)
        do throws(LabFailure) { _ = try loader.load("s.json", edits: [edit]) } catch {
          #expect(error.kind == .invalidInput, "\(entry.path)=\(value): \(error)")
          #expect(!error.diagnostics.isEmpty)
        }
      }
    }
  }
}
