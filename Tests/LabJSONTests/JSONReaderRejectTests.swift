import LabCore
import LabJSON
import Testing

/// Texts that are no JSON: each is refused with a code and the line and column of the fault.
@Suite struct JSONReaderRejectTests {
  private func diagnostics(_ bytes: [UInt8], limits: JSONReader.Limits = .init()) -> [Diagnostic] {
    do throws(LabFailure) {
      _ = try JSONReader.read(bytes, name: "t.json", limits: limits)
      return []
    } catch {
      #expect(error.kind == .invalidInput)
      return error.diagnostics
    }
  }

  /// Text, code, line, column.
  static let cases: [(String, String, Int, Int)] = [
    ("", "json_empty", 1, 1), (" \n ", "json_empty", 2, 2), ("\u{feff}", "json_empty", 1, 1),
    ("{\n  \"a\": 1,\n}", "json_trailing_comma", 2, 9), ("[1,]", "json_trailing_comma", 1, 3),
    ("[1,\n ]", "json_trailing_comma", 1, 3),
    ("[,1]", "json_unexpected_character", 1, 2), ("[1,,2]", "json_unexpected_character", 1, 4),
    ("[1 2]", "json_unexpected_character", 1, 4),
    ("[1", "json_unexpected_end", 1, 1), ("[", "json_unexpected_end", 1, 1), ("{", "json_unexpected_end", 1, 1),
    ("{\"a\"", "json_unexpected_end", 1, 1),
    ("{\"a\":", "json_unexpected_end", 1, 6), ("{\"a\":1", "json_unexpected_end", 1, 1),
    ("{\"a\":1,", "json_unexpected_end", 1, 1), ("[1,", "json_unexpected_end", 1, 1),
    ("\"abc", "json_unexpected_end", 1, 1), ("\"abc\\", "json_unexpected_end", 1, 5),
    ("\"\\u12", "json_unexpected_end", 1, 6),
    ("{a: 1}", "json_unexpected_character", 1, 2), ("{1: 1}", "json_unexpected_character", 1, 2),
    ("{\"a\" 1}", "json_unexpected_character", 1, 6),
    ("{\"a\":1 \"b\":2}", "json_unexpected_character", 1, 8), ("{\"a\"}", "json_unexpected_character", 1, 5),
    ("{,}", "json_unexpected_character", 1, 2),
    ("{\"a\",\"b\"}", "json_unexpected_character", 1, 5), ("[1}", "json_unexpected_character", 1, 3),
    ("{\"a\":1]", "json_unexpected_character", 1, 7),
    ("{'a': 1}", "json_single_quotes", 1, 2), ("['a']", "json_single_quotes", 1, 2),
    ("1 2", "json_trailing_content", 1, 3), ("[] []", "json_trailing_content", 1, 4),
    ("{}}", "json_trailing_content", 1, 3), ("[]]", "json_trailing_content", 1, 3),
    ("// x\n1", "json_comment", 1, 1), ("[1, // x\n2]", "json_comment", 1, 5),
    ("{\"a\":1 /* x */}", "json_comment", 1, 8), ("[1] // x", "json_comment", 1, 5),
    ("# x", "json_comment", 1, 1), ("{ # x\n}", "json_comment", 1, 3),
    ("tru", "json_bad_literal", 1, 1), ("True", "json_bad_literal", 1, 1), ("[nul]", "json_bad_literal", 1, 2),
    ("undefined", "json_bad_literal", 1, 1),
    ("NaN", "json_bad_literal", 1, 1), ("Infinity", "json_bad_literal", 1, 1), ("+1", "json_bad_literal", 1, 1),
    (".5", "json_bad_literal", 1, 1), ("nulll", "json_bad_literal", 1, 1),
    ("-", "json_bad_number", 1, 1), ("01", "json_bad_number", 1, 1), ("-01", "json_bad_number", 1, 1),
    ("1.", "json_bad_number", 1, 1), ("1.e3", "json_bad_number", 1, 1),
    ("1e", "json_bad_number", 1, 1), ("1e+", "json_bad_number", 1, 1), ("1e5.5", "json_bad_number", 1, 1),
    ("0x1F", "json_bad_number", 1, 1), ("-Infinity", "json_bad_number", 1, 1),
    ("1_000", "json_bad_number", 1, 1), ("1-2", "json_bad_number", 1, 1), ("--1", "json_bad_number", 1, 1),
    ("0.1.2", "json_bad_number", 1, 1), ("[2.e+3]", "json_bad_number", 1, 2),
    ("\"a\u{1}b\"", "json_control_character", 1, 3), ("\"a\nb\"", "json_control_character", 1, 3),
    ("\"\t\"", "json_control_character", 1, 2), ("\"\\n\u{0}\"", "json_control_character", 1, 4),
    ("\"\\x\"", "json_bad_escape", 1, 2), ("\"\\'\"", "json_bad_escape", 1, 2),
    ("\"\\u00g0\"", "json_bad_escape", 1, 2), ("\"\\U0041\"", "json_bad_escape", 1, 2),
    ("\"\\é\"", "json_bad_escape", 1, 2),
    ("\"\\ud800\"", "json_lone_surrogate", 1, 2), ("\"x\\udc00\"", "json_lone_surrogate", 1, 3),
    ("\"\\ud800\\u0041\"", "json_lone_surrogate", 1, 2),
    ("\"\\ud800\\ud800\"", "json_lone_surrogate", 1, 2), ("\"\\udc00\\ud800\"", "json_lone_surrogate", 1, 2),
    ("\"\\ud83dx\"", "json_lone_surrogate", 1, 2),
    ("[1\u{a0}]", "json_unexpected_character", 1, 3), ("\u{b}1", "json_unexpected_character", 1, 1),
    ("[1\u{c}]", "json_unexpected_character", 1, 3), ("*", "json_unexpected_character", 1, 1),
    ("[\"a\"\n\"b\"]", "json_unexpected_character", 2, 1), ("\u{feff}\u{feff}1", "json_unexpected_character", 1, 1),
    ("é", "json_unexpected_character", 1, 1), ("]", "json_unexpected_character", 1, 1),
    ("{\"a\":1,\n\"a\":2}", "duplicate_key", 2, 1), ("{\"a\":{\"b\":1,\"b\":1}}", "duplicate_key", 1, 13),
    ("{\"\\u0061\":1,\"a\":2}", "duplicate_key", 1, 13),
  ]

  @Test(arguments: cases) func `what is no json is refused with its place`(
    text: String, code: String, line: Int, column: Int
  ) {
    let found = diagnostics(Array(text.utf8))
    #expect(found.map(\.code) == [code])
    #expect(found.first?.location == SourceLocation(file: "t.json", line: line, column: column))
    #expect(found.first?.sentence.isEmpty == false)
  }

  /// Bytes that are no UTF-8, with the column of the first wrong byte.
  static let invalid: [([UInt8], Int)] = [
    ([0x22, 0xff, 0x22], 2), ([0x22, 0x61, 0x80, 0x22], 3), ([0x22, 0xc3, 0x22], 2), ([0x22, 0xc0, 0x80, 0x22], 2),
    ([0x22, 0xe0, 0x80, 0x80, 0x22], 2),
    ([0x22, 0xed, 0xa0, 0x80, 0x22], 2), ([0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], 2),
    ([0x22, 0xf0, 0x9f, 0x98, 0x22], 2), ([0x22, 0xc3, 0xa9, 0xfe, 0x22], 3),
  ]

  @Test(arguments: invalid) func `invalid utf-8 is refused with its place`(bytes: [UInt8], column: Int) {
    let found = diagnostics(bytes)
    #expect(found.map(\.code) == ["json_invalid_utf8"])
    #expect(found.first?.location?.column == column)
    // The same with an escape before it: the place is at least the string's.
    let escaped = [0x22, 0x5c, 0x6e] + bytes.dropFirst()
    #expect(diagnostics(escaped).map(\.code) == ["json_invalid_utf8"])
  }

  @Test func `all duplicate keys come out together, with the line of the first`() {
    let found = diagnostics(Array("{\n\"a\": 1,\n\"b\": 2,\n\"a\": 3,\n\"b\": 4,\n\"b\": 5\n}".utf8))
    #expect(found.map { $0.location?.line } == [4, 5, 6])
    #expect(found[0].sentence == "key 'a' stands here a second time; the first is in line 2")
    let both = diagnostics(Array("{\"a\":1,\"a\":2,}".utf8))
    #expect(both.map(\.code) == ["duplicate_key", "json_trailing_comma"])
  }

  @Test(arguments: [513, 10_000, 1_000_000]) func `too deep nesting is an error and no crash`(depth: Int) {
    for opening in ["[", "{\"a\":", "[{\"b\":["] {
      let bytes = Array(String(repeating: opening, count: depth).utf8)
      #expect(diagnostics(bytes).map(\.code) == ["json_too_deep"])
    }
    let closed = Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
    let found = diagnostics(closed)
    #expect(found.map(\.code) == ["json_too_deep"])
    #expect(found.first?.location == SourceLocation(file: "t.json", line: 1, column: 513))
  }

  @Test func `too many values are an error`() {
    var limits = JSONReader.Limits()
    limits.values = 100
    let text = "[" + Array(repeating: "0", count: 100).joined(separator: ",") + "]"
    #expect(diagnostics(Array(text.utf8), limits: limits).map(\.code) == ["json_too_many_values"])
    #expect(diagnostics(Array(text.dropLast(3).utf8) + Array("]".utf8), limits: limits).isEmpty)
  }

  @Test func `any prefix and any damaged byte of a good text is read or refused, never a crash`() {
    let good = Array(#"{"a": [1.5e-3, "x\u00e9\ud83d\ude00\n", true, null, {"b": {}}], "é": -0}"#.utf8)
    #expect(diagnostics(good).isEmpty)
    for count in 0..<good.count { #expect(diagnostics(Array(good[..<count])).count == 1, "prefix of \(count)") }
    var random = RandomStream(seed: 21, purpose: 1)
    for _ in 0..<20_000 {
      var damaged = good
      for _ in 0...random.below(3) { damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next()) }
      for diagnostic in diagnostics(damaged) {
        #expect(diagnostic.location?.line != nil && diagnostic.location?.column != nil)
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func `a million duplicate keys in one line take linear time`() {
    let bytes = Array(("{" + Array(repeating: "\"a\":1", count: 200_000).joined(separator: ",") + "}").utf8)
    let found = diagnostics(bytes)
    #expect(found.count == 199_999)
    #expect(found.last?.location?.column == 1 + 199_999 * 6 + 1)
  }

  @Test func `binary content is refused`() {
    #expect(diagnostics([0x00, 0x01, 0x02]).map(\.code) == ["json_unexpected_character"])
    #expect(diagnostics([0x1f, 0x8b, 0x08]).count == 1)
    #expect(diagnostics([0xff, 0xfe, 0x7b, 0x00]).count == 1)
  }
}
