import LabCore
import LabReport
import LabScenario

/// Writes verdicts as JUnit XML, the form that CI systems read.
///
/// A scenario is a test suite, a threshold a test case. A warning passes, with its words in `system-out`.
public enum JUnitReport {
  /// One scenario with its verdicts, or why it has none.
  public struct Suite: Sendable {
    public var name: String
    public var verdicts: [Verdict]
    public var error: String?
    public var seconds: Double

    public init(name: String, verdicts: [Verdict], error: String? = nil, seconds: Double) {
      self.name = name
      self.verdicts = verdicts
      self.error = error
      self.seconds = seconds
    }
  }

  public static func xml(_ suites: [Suite]) -> String {
    let tests = suites.reduce(0) { $0 + max($1.verdicts.count, $1.error == nil ? 0 : 1) }
    let failures = suites.reduce(0) { $0 + $1.verdicts.count { $0.fails } }
    let errors = suites.count { $0.error != nil }
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites tests=\"\(tests)\" failures=\"\(failures)\" errors=\"\(errors)\">\n"
    for suite in suites { text += self.suite(suite) }
    return text + "</testsuites>\n"
  }

  private static func suite(_ suite: Suite) -> String {
    let name = escaped(suite.name)
    let failures = suite.verdicts.count { $0.fails }
    let count = max(suite.verdicts.count, suite.error == nil ? 0 : 1)
    var text = "  <testsuite name=\"\(name)\" tests=\"\(count)\" failures=\"\(failures)\" "
    text +=
      "errors=\"\(suite.error == nil ? 0 : 1)\" time=\"\(NumberFormat.fixed(suite.seconds, places: 3).filter { $0 != "," })\">\n"
    if let error = suite.error {
      text +=
        "    <testcase classname=\"\(name)\" name=\"run\">\n      <error message=\"\(escaped(error))\"/>\n    </testcase>\n"
    }
    for verdict in suite.verdicts {
      text += "    <testcase classname=\"\(name)\" name=\"\(escaped(verdict.threshold.id))\""
      let sentence = escaped(self.sentence(verdict))
      if verdict.passed {
        text += "/>\n"
      } else if verdict.fails {
        text += ">\n      <failure message=\"\(sentence)\"/>\n    </testcase>\n"
      } else {
        text += ">\n      <system-out>warning: \(sentence)</system-out>\n    </testcase>\n"
      }
    }
    return text + "  </testsuite>\n"
  }

  /// `understanding.total_cost_usd is 13000, must be <= 12000`.
  public static func sentence(_ verdict: Verdict) -> String {
    let scope = verdict.threshold.filter.isEmpty ? "" : " where \(verdict.threshold.filter.text)"
    let metric = verdict.threshold.metric + scope
    guard let value = verdict.value else {
      return
        "\(metric) is unknown (\(verdict.unknownBecause ?? "no data")), must be \(verdict.threshold.must.description)"
    }
    let measured =
      switch value {
      case .integer(let number): String(number)
      case .number(let number): "\(number)"
      case .money(let money): money.decimalString(minimumPlaces: 2)
      }
    return "\(metric) is \(measured), must be \(verdict.threshold.must.description)"
  }

  /// Text for an XML attribute or element; characters that XML 1.0 can't hold become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\n": result += "&#10;"
      case "\t": result += "&#9;"
      default:
        let isText = scalar.value >= 0x20 && scalar.value != 0xfffe && scalar.value != 0xffff
        result.unicodeScalars.append(isText ? scalar : "\u{fffd}")
      }
    }
    return result
  }
}

extension JUnitReport {
  /// A file of tests with its cases, or why it could not be run.
  package struct Tests: Sendable {
    package struct Case: Sendable {
      package var name: String
      /// What went wrong; nil when it passed.
      package var failure: String?

      package init(name: String, failure: String?) {
        self.name = name
        self.failure = failure
      }
    }

    package var name: String
    package var cases: [Case] = []
    package var error: String?

    package init(name: String) { self.name = name }
  }

  /// The tests as JUnit XML.
  package static func xml(of tests: [Tests]) -> String {
    let count = tests.reduce(0) { $0 + max($1.cases.count, $1.error == nil ? 0 : 1) }
    let failures = tests.reduce(0) { $0 + $1.cases.count { $0.failure != nil } }
    let errors = tests.count { $0.error != nil }
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites tests=\"\(count)\" failures=\"\(failures)\" errors=\"\(errors)\">\n"
    for suite in tests {
      let name = escaped(suite.name)
      text += "  <testsuite name=\"\(name)\" tests=\"\(max(suite.cases.count, suite.error == nil ? 0 : 1))\" "
      text += "failures=\"\(suite.cases.count { $0.failure != nil })\" errors=\"\(suite.error == nil ? 0 : 1)\">\n"
      if let error = suite.error {
        text += "    <testcase classname=\"\(name)\" name=\"run\">\n      <error message=\"\(escaped(error))\"/>\n"
        text += "    </testcase>\n"
      }
      for item in suite.cases {
        text += "    <testcase classname=\"\(name)\" name=\"\(escaped(item.name))\""
        if let failure = item.failure {
          text += ">\n      <failure>\(escaped(failure))</failure>\n    </testcase>\n"
        } else {
          text += "/>\n"
        }
      }
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }
}
