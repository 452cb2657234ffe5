import LabCore
import LabJSON
import Testing

/// Texts that RFC 8259 calls JSON, in the spirit of the public parsing suites: all must be read, with the right value.
@Suite struct JSONReaderAcceptTests {
  private func read(_ text: String) throws -> JSONNode { try JSONReader.read(Array(text.utf8), name: "t").root }

  @Test(arguments: [
    "null", "true", "false", "0", "-0", "-1", "1.5", "1e5", "1E+5", "1e-5", "-0.0e-0", "123456789012345678901234567890",
    "1e9999", "\"\"", "[]", "{}",
    " [ ] ", "\t\n\r{\n}\r\n", "[[],[[]],{}]", "{\"\":0}", "{\"a\":{\"a\":{}}}", "[1,2,3]", "[\"a\",null,true]",
    "\"\\u0000\"", "\"\u{7f}\"", "\"\u{2028}\"",
    "\"\\ud83d\\ude00\"", "\"\u{10ffff}\"", "\"\\uFFFF\"", "\"\u{feff}\"", "{\"a\":1,\"A\":2}",
  ])
  func `json is accepted`(text: String) throws { _ = try read(text) }

  @Test func `values are what was written`() throws {
    let root = try read(
      #"{ "n": -12.50e-1, "s": "a\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00é😀", "t": true, "f": false, "z": null, "a": [1, "x", []] }"#
    )
    #expect(root["n"]?.number == JSONNumber(text: "-12.50e-1"))
    #expect(root["n"]?.number?.double == -1.25)
    #expect(root["n"]?.number?.exact == ExactDecimal(significand: -125, exponent: -2))
    #expect(root["s"]?.string == "a\"\\/\u{8}\u{c}\n\r\tAé😀é😀")
    #expect(root["t"]?.boolean == true && root["f"]?.boolean == false && root["z"]?.isNull == true)
    #expect(root["a"]?.array?.count == 3)
    #expect(root.object?.map(\.key) == ["n", "s", "t", "f", "z", "a"])
    #expect(root["missing"] == nil && root["a"]?["x"] == nil)
  }

  @Test(arguments: [
    ("3", 3), ("3.0", 3), ("3e2", 300), ("-0", 0), ("9223372036854775807", Int64.max),
    ("-9223372036854775808", Int64.min),
  ])
  func `whole numbers are read exactly`(text: String, expected: Int64) throws {
    #expect(try read(text).number?.integer == expected)
  }

  @Test func `numbers that fit nothing are nil, not wrong`() throws {
    #expect(try read("9223372036854775808").number?.integer == nil)
    #expect(try read("1.5").number?.integer == nil)
    #expect(try read("1e400").number?.double == nil)
    #expect(try read("1e999999999999999999999").number?.exact == nil)
    let long = String(repeating: "9", count: 100_000)
    #expect(try read(long).number?.text == long)
    #expect(try read(long).number?.integer == nil)
  }

  @Test func `a byte-order mark at the front is no content`() throws {
    #expect(try read("\u{feff}[1]").array?.count == 1)
  }

  @Test func `every node knows its byte offset`() throws {
    let text = #"{"a": [10, "é", {"b": null}]}"#
    let document = try JSONReader.read(Array(text.utf8), name: "x.json", number: 3)
    let items = try #require(document.root["a"]?.array)
    #expect(items.map(\.offset) == [7, 11, 17])
    #expect(items.allSatisfy { $0.source == 3 })
    #expect(document.source.location(of: items[2].offset) == SourceLocation(file: "x.json", line: 1, column: 17))
    #expect(document.root.object?.first?.keyOffset == 1)
  }

  @Test func `lines and columns are found in long lines too`() throws {
    let text = "\u{feff}[\n" + String(repeating: "é", count: 5000) + "x\ny"
    let source = JSONSource(name: "f", bytes: Array(text.utf8))
    #expect(source.location(of: 3) == SourceLocation(file: "f", line: 1, column: 1))
    #expect(source.location(of: 5 + 10_000) == SourceLocation(file: "f", line: 2, column: 5001))
    #expect(source.location(of: 5 + 10_002) == SourceLocation(file: "f", line: 3, column: 1))
    #expect(source.location(of: 99_999_999) == SourceLocation(file: "f", line: 3, column: 2))
    #expect(source.location(of: -4).line == 1)
    #expect(JSONSource(name: "f", bytes: []).location(of: 0) == SourceLocation(file: "f", line: 1, column: 1))
  }

  @Test func `the deepest nesting that is allowed is read`() throws {
    let text = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
    var node = try read(text)
    var depth = 1
    while let inner = node.array?.first {
      node = inner
      depth += 1
    }
    #expect(depth == 512)
  }
}
