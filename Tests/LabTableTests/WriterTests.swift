import LabCore
import LabTable
import Testing

@Suite struct WriterTests {
  /// One row through an encoder, as text.
  private func line(
    _ row: UsageRow, _ pool: UsageFieldPool = UsageFieldPool(), columns: [UsageColumn] = UsageColumn.allCases
  )
    -> String
  {
    let buffer = UsageBuffer()
    var encoder = UsageRowEncoder(columns: columns)
    encoder.append(row, pool: pool, to: buffer)
    return String(decoding: buffer.bytes, as: UTF8.self)
  }

  @Test func `a full row has the form of the contract`() {
    var pool = UsageFieldPool()
    var row = UsageRow()
    row.timestamp = Instant(microseconds: 1_767_604_425_123_456)
    row.organization = pool.intern("org-1")
    row.product = pool.intern("api-service")
    row.feature = pool.intern("chat")
    row.customer = pool.intern("cust-1")
    row.archetype = pool.intern("light")
    row.tier = pool.intern("starter")
    row.tierPrice = pool.intern(Money(nanodollars: 49_000_000_000))
    row.provider = pool.intern("openai")
    row.model = pool.intern("gpt-4o")
    row.region = pool.intern("us-east")
    row.inputTokens = 1234
    row.outputTokens = 56
    row.latencyMicroseconds = 1_234_560
    row.cost = Money(nanodollars: 3_645_000)
    row.status = .error
    row.errorType = .rateLimit
    row.metadata = pool.intern("{\"team\":\"a,b\"}")
    row.callID = 0x0123_4567_89ab_cdef
    row.cachedInputTokens = 0
    row.serviceTier = .standard
    row.timeToFirstTokenMicroseconds = 350_001
    row.retryOf = 255
    row.finishReason = .error
    #expect(
      line(row, pool)
        == "2026-01-05T09:13:45.123456Z,org-1,api-service,chat,cust-1,light,starter,49,openai,gpt-4o,us-east,1234,56,1290,"
        + "1234.56,0.003645,error,rate_limit,\"{\"\"team\"\":\"\"a,b\"\"}\",call-0123456789abcdef,0,,,,standard,,350.001,"
        + "call-00000000000000ff,error,\n")
  }

  @Test func `unknown numbers are empty fields`() {
    #expect(line(UsageRow()) == String(repeating: ",", count: 29) + "\n")
  }

  @Test(arguments: [
    (0, "0.000000"), (1, "0.000000001"), (10, "0.00000001"), (1000, "0.000001"), (1_234_567_890, "1.23456789"),
    (999_999_999, "0.999999999"), (Int64.max, "9223372036.854775807"), (-5, "-0.000000005"),
    (123_456_789_012_000, "123456.789012"),
  ]) func `money is exact with at least six places`(nanodollars: Int64, text: String) {
    var row = UsageRow()
    row.cost = Money(nanodollars: nanodollars)
    #expect(line(row, columns: [.cost]) == text + "\n")
  }

  @Test(arguments: [
    (0, "0"), (1, "0.001"), (10, "0.01"), (100, "0.1"), (1000, "1"), (12_345_678, "12345.678"),
    (Int64.max, "9223372036854775.807"),
  ]) func `milliseconds have as many fraction digits as they need`(microseconds: Int64, text: String) {
    var row = UsageRow()
    row.latencyMicroseconds = microseconds
    #expect(line(row, columns: [.latency]) == text + "\n")
  }

  @Test func `whole numbers of every length are written`() {
    var value: Int64 = 0
    for length in 1...18 {
      value = value * 10 + Int64(length % 10)
      for number in [value, value + 1, value * 10 / 9] {
        var row = UsageRow()
        row.inputTokens = number
        row.outputTokens = 0
        #expect(line(row, columns: [.inputTokens, .totalTokens]) == "\(number),\(number)\n")
      }
    }
  }

  @Test func `timestamps agree with the plain formatter over centuries`() {
    var random = RandomStream(seed: 7, purpose: 1)
    for _ in 0..<2000 {
      let span = Instant.latest.microseconds - Instant.earliest.microseconds
      var row = UsageRow()
      row.timestamp = Instant(microseconds: Instant.earliest.microseconds + Int64(random.unit() * Double(span)))
      #expect(line(row, columns: [.timestamp]) == row.timestamp.description + "\n")
    }
  }

  @Test(arguments: [0, 1, 15, 16, 17, 47, 48, 49, 5000, 3_000_000]) func `fields of any length are copied whole`(
    length: Int
  ) {
    var pool = UsageFieldPool()
    let text = String(String(repeating: "abcdefghijklmnopqrstuvwxyz", count: length / 26 + 1).prefix(length))
    var row = UsageRow()
    row.model = pool.intern(text)
    row.region = pool.intern("eu")
    #expect(line(row, pool, columns: [.model, .region]) == text + ",eu\n")
  }

  @Test(arguments: [
    ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\nb", "\"a\nb\""), ("a\rb", "\"a\rb\""), ("a b", "a b"),
  ])
  func `text is quoted only where it must be`(text: String, field: String) {
    var pool = UsageFieldPool()
    var row = UsageRow()
    row.model = pool.intern(text)
    #expect(line(row, pool, columns: [.model]) == field + "\n")
    #expect(pool.text(of: row.model) == text)
  }

  @Test func `a text is kept once`() {
    var pool = UsageFieldPool()
    let first = pool.intern("chat")
    #expect(pool.intern("chat") == first)
    #expect(pool.intern("timeout") == .timeout)
    #expect(pool.intern("") == .empty)
  }
}
