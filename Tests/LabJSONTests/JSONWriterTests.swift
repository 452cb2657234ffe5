import LabCore
import LabJSON
import Testing

@Suite struct JSONWriterTests {
  @Test func `the text is laid out with two blanks a level`() {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("a")
    writer.beginArray()
    writer.value(1)
    writer.beginObject()
    writer.endObject()
    writer.null()
    writer.endArray()
    writer.key("b")
    writer.value("x")
    writer.endObject()
    writer.endLine()
    #expect(writer.text == "{\n  \"a\": [\n    1,\n    {},\n    null\n  ],\n  \"b\": \"x\"\n}\n")
  }

  @Test func `the compact form has no blank`() {
    var writer = JSONWriter(compact: true)
    writer.beginArray()
    writer.value(true)
    writer.value(Money(nanodollars: 1_500_000_000))
    writer.value(Instant(microseconds: 0))
    writer.value(JSONNumber(text: "1.50"))
    writer.endArray()
    #expect(writer.text == #"[true,1.500000000,"1970-01-01T00:00:00.000000Z",1.50]"#)
  }

  @Test(arguments: [
    (0.0, "0"), (-0.0, "0"), (1, "1"), (-3, "-3"), (0.1, "0.1"), (1e14, "100000000000000"), (1e15, "1000000000000000"),
    (1e16, "1e+16"), (1e300, "1e+300"), (Double.leastNonzeroMagnitude, "5e-324"),
    (.nan, "null"), (.infinity, "null"), (-.infinity, "null"), (123_456.789, "123456.789"),
  ])
  func `a double is the shortest text that reads back`(number: Double, text: String) throws {
    var writer = JSONWriter(compact: true)
    writer.value(number)
    #expect(writer.text == text)
    let root = try JSONReader.read(writer.bytes, name: "t").root
    if number.isFinite { #expect(root.number?.double == number) } else { #expect(root.isNull) }
  }

  @Test(arguments: [
    0, 1, -1, 9, 10, -10, 1_234_567_890_123_456_789, 999_999_999, 1_000_000_000, -999_999_999, Int64.max, Int64.min,
  ])
  func `whole numbers and money have every digit`(number: Int64) {
    var writer = JSONWriter(compact: true)
    writer.beginArray()
    writer.value(number)
    writer.value(UInt64.max)
    writer.value(Money(nanodollars: number))
    writer.endArray()
    #expect(writer.text == "[\(number),18446744073709551615,\(Money(nanodollars: number))]")
  }

  @Test func `any depth is indented by two blanks a level`() {
    var writer = JSONWriter()
    for _ in 0..<40 { writer.beginArray() }
    writer.value(1)
    for _ in 0..<40 { writer.endArray() }
    let lines = writer.bytes.split(separator: UInt8(ascii: "\n")).map { $0.prefix { $0 == UInt8(ascii: " ") }.count }
    #expect(lines == Array(stride(from: 0, through: 80, by: 2)) + stride(from: 78, through: 0, by: -2))
  }

  @Test func `any text is written so that it reads back the same`() throws {
    var random = RandomStream(seed: 31, purpose: 1)
    for _ in 0..<2000 {
      var text = ""
      for _ in 0..<random.below(20) {
        let limit = [0x30, 0x80, 0x3000, 0x110000][random.below(4)]
        if let scalar = Unicode.Scalar(UInt32(random.below(limit))) { text.unicodeScalars.append(scalar) }
      }
      var writer = JSONWriter()
      writer.beginObject()
      writer.key(text)
      writer.value(text)
      writer.endObject()
      let root = try JSONReader.read(writer.bytes, name: "t").root
      #expect(root.object?.first.map { Array($0.key.unicodeScalars) } == Array(text.unicodeScalars))
      #expect(root.object?.first?.node.string.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }
  }

  @Test func `a tree that was read is written back the same`() throws {
    let text =
      "{\n  \"a\": [\n    1.50,\n    \"x\\n\",\n    {},\n    [],\n    null,\n    true\n  ],\n  \"b\": -0.0e5\n}"
    var writer = JSONWriter()
    writer.value(try JSONReader.read(Array(text.utf8), name: "t").root)
    #expect(writer.text == text)
  }
}

@Suite struct FindingsEncoderTests {
  private struct Row: Encodable, Sendable {
    var customerID: String
    var costUSD: Money
    var p95LatencyMilliseconds: Double
    var note: String?
    @Known var change: Double?
  }
  private struct Findings: Encodable, Sendable {
    var totalCalls = 3
    var byCustomer: [Row]
    var start = Instant(microseconds: 0)
    var nested: [[Int]] = [[1], [], [2, 3]]
    var rejects = ["zulu": 1, "alpha": 2, "Mike": 3, "keyLikeThis": 4]
    var gaps: [Double?] = [1.5, nil, .nan]
    var empty = Empty()
    var flags: [Bool] = [true]
    var small: UInt8 = 7
    struct Empty: Encodable, Sendable {}
  }
  private struct Silent: Encodable { func encode(to encoder: any Encoder) {} }
  private class Base: Encodable { var base = 1 }
  private final class Derived: Base {
    enum Keys: CodingKey { case own }
    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Keys.self)
      try super.encode(to: container.superEncoder())
      try container.encode(2, forKey: .own)
    }
  }

  private func text(_ value: some Encodable) throws -> String {
    var writer = JSONWriter(compact: true)
    try FindingsEncoder.encode(value, into: &writer)
    return writer.text
  }

  @Test func `findings are written in order, in snake case, with exact money`() throws {
    let findings = Findings(byCustomer: [
      Row(
        customerID: "é\"", costUSD: Money(nanodollars: -1), p95LatencyMilliseconds: .infinity, note: nil, change: nil),
      Row(
        customerID: "b", costUSD: Money(nanodollars: 2_000_000_000), p95LatencyMilliseconds: 1.5, note: "n",
        change: 0.25),
    ])
    #expect(
      try text(findings)
        == #"{"total_calls":3,"by_customer":[{"customer_id":"é\"","cost_usd":-0.000000001,"p95_latency_milliseconds":null,"change":null},"#
        + #"{"customer_id":"b","cost_usd":2.000000000,"p95_latency_milliseconds":1.5,"note":"n","change":0.25}],"#
        + #""start":"1970-01-01T00:00:00.000000Z","nested":[[1],[],[2,3]],"#
        + #""rejects":{"Mike":3,"alpha":2,"keyLikeThis":4,"zulu":1},"gaps":[1.5,null,null],"empty":{},"flags":[true],"small":7}"#
    )
  }

  @Test func `what encodes nothing or by a super encoder is still json`() throws {
    #expect(try text(["a": Silent()]) == #"{"a":null}"#)
    #expect(try text(Derived()) == #"{"super":{"base":1},"own":2}"#)
    #expect(try text([Int]()) == "[]")
    #expect(try text(Int?.none) == "null")
  }

  @Test(arguments: [
    ("costPerCallUSD", "cost_per_call_usd"), ("p95Latency", "p95_latency"), ("id", "id"), ("URLPath", "url_path"),
    ("already_snake", "already_snake"),
    ("byCustomerID", "by_customer_id"), ("forecast30DaysUSD", "forecast30_days_usd"), ("a", "a"), ("", ""),
  ])
  func `names become snake case`(name: String, expected: String) {
    #expect(FindingsEncoder.snakeCase(name) == expected)
  }
}
