import LabCore
import LabFiles
import LabTable
import Testing

@Suite struct ReaderTests {
  private let header =
    "timestamp,organization_id,product_id,feature_id,customer_id,customer_archetype,subscription_tier,tier_price_usd,provider,"
    + "model,region,input_tokens,output_tokens,total_tokens,latency_ms,cost_usd,status,error_type,metadata"

  /// A row of the contract with some fields replaced.
  private func row(_ replaced: [UsageColumn: String] = [:]) -> String {
    let usual = [
      "2026-01-05T09:13:45.123456Z", "org-1", "api", "chat", "cust-1", "light", "starter", "49", "openai", "gpt-4o",
      "us-east",
      "100", "20", "120", "1234.5", "0.001234", "success", "", "",
    ]
    return UsageColumn.contract.enumerated().map { replaced[$1] ?? usual[$0] }.joined(separator: ",")
  }

  private func load(_ text: String, _ options: LoadOptions = LoadOptions()) throws -> CallTable {
    try TemporaryFile(text).load(options)
  }

  private func load(rows: [String]) throws -> CallTable { try load(([header] + rows).joined(separator: "\n") + "\n") }

  @Test func `a row is read into its columns`() throws {
    let table = try load(rows: [row([.metadata: "\"{\"\"team\"\":\"\"a,b\"\"}\""])])
    #expect(table.rowCount == 1)
    #expect(table.integer(.timestamp, row: 0) == 1_767_604_425_123_456)
    #expect(table.integer(.latency, row: 0) == 1_234_500)
    #expect(table.integer(.cost, row: 0) == 1_234_000)
    #expect(table.integer(.totalTokens, row: 0) == 120)
    #expect(table.integer(.tierPrice, row: 0) == 49_000_000_000)
    #expect(table.text(.model, row: 0) == "gpt-4o")
    #expect(try table.metadata(row: 0) == "{\"team\":\"a,b\"}")
    #expect(table.tagNames == ["team"])
    #expect(table.facts.rejects.isEmpty)
    #expect(table.missing([.callID, .cost]) == [.callID])
  }

  @Test(arguments: [
    ("\n", "", true), ("\r\n", "", true), ("\n", "\u{feff}", true), ("\r\n", "\u{feff}", false), ("\n", "", false),
  ]) func `line ends, byte-order mark and a missing last line feed change nothing`(
    lineEnd: String, mark: String, endsInLineEnd: Bool
  ) throws {
    let lines = [header, row(), row([.metadata: "x"]), row([.model: "\"a\nb\""])]
    let table = try load(mark + lines.joined(separator: lineEnd) + (endsInLineEnd ? lineEnd : ""))
    #expect(table.rowCount == 3)
    #expect(try table.metadata(row: 1) == "x")
    #expect(table.text(.model, row: 2) == "a\nb")
    #expect(table.facts.columns == UsageColumn.contract)
  }

  @Test(arguments: [
    "2026-01-05T09:13:45.123456Z", "2026-01-05 09:13:45.123456", "2026-01-05T09:13:45.123456",
    "2026-01-05T10:13:45.123456+01:00",
    "2026-01-05T09:13:45.123456789Z", "\"2026-01-05T09:13:45.123456Z\"", "2026-01-05T00:43:45.123456-0830",
  ]) func `timestamps of every accepted form are read`(text: String) throws {
    let table = try load(rows: [row(), row([.timestamp: text])])
    #expect(table.integer(.timestamp, row: 1) == 1_767_604_425_123_456)
  }

  @Test(arguments: [
    ("2026-01-05T09:13:45Z", 0), ("2026-01-05T09:13:45.1Z", 100_000), ("2026-01-05 09:13:45.1234567", 123_456),
  ])
  func `fractions of a second may have any length`(text: String, microseconds: Int64) throws {
    #expect(
      try load(rows: [row([.timestamp: text])]).integer(.timestamp, row: 0) == 1_767_604_425_000_000 + microseconds)
  }

  @Test(arguments: [
    "", "x", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00.000000Z", "2026-01-05T24:00:00.000000Z",
    "2026-01-05T09:60:00.000000Z",
    "2026-01-05T09:13:61.000000Z", "1767604425", "0000-01-01T00:00:00.000000Z", "2026-01-05T09:13:45.1234567890Z",
  ]) func `a timestamp that can't be read rejects its row`(text: String) throws {
    #expect(rejects(try load(rows: [row(), row([.timestamp: text])])) == ["bad_timestamp:1[3]"])
  }

  @Test(arguments: [
    ("0", 0), ("0.5", 500_000_000), ("1e-3", 1_000_000), ("1.5E2", 150_000_000_000), ("0.0000000005", 0),
    ("0.0000000015", 2), ("0.0000000025", 2), ("0.00000000250000001", 3), ("0.123456789", 123_456_789),
    ("12345678.123456789", 12_345_678_123_456_789), ("00000000000000000001", 1_000_000_000), (".5", 500_000_000),
    ("5.", 5_000_000_000), ("+1", 1_000_000_000), ("\"0.25\"", 250_000_000), ("0.1234567", 123_456_700),
  ]) func `money is exact and rounds half to even beyond nine places`(text: String, nanodollars: Int64) throws {
    let table = try load(rows: [row([.cost: text])])
    #expect(rejects(table) == [])
    #expect(table.integer(.cost, row: 0) == nanodollars)
  }

  @Test(arguments: [
    ("0", 0), ("1", 1000), ("0.0005", 0), ("0.0015", 2), ("0.0025", 2), ("1.23456", 1235), ("1234.5675", 1_234_568),
    ("1e3", 1_000_000), ("0.00250000000001", 3), ("", IntegerColumn.unknown),
  ]) func `latencies are kept in microseconds`(text: String, microseconds: Int64) throws {
    #expect(
      (try load(rows: [row([.latency: text])]).integer(.latency, row: 0) ?? IntegerColumn.unknown) == microseconds)
  }

  @Test(arguments: ["100", "100.0", "1e2", "1.00E+2", "\"100\"", "0000000000000000000100"])
  func `whole numbers may be spelt as decimals`(text: String) throws {
    let table = try load(rows: [row([.inputTokens: text])])
    #expect(table.integer(.inputTokens, row: 0) == 100)
    #expect(table.integer(.totalTokens, row: 0) == 120)
  }

  @Test(arguments: [
    (UsageColumn.inputTokens, "-1", "negative_number"), (.inputTokens, "abc", "bad_number"),
    (.inputTokens, "1.5", "bad_number"),
    (.inputTokens, "", "bad_number"), (.cost, "-0.1", "negative_number"), (.cost, "1.2.3", "bad_number"),
    (.cost, "1e30", "number_too_large"), (.cost, "NaN", "bad_number"), (.latency, "-1", "negative_number"),
    (.latency, "0x10", "bad_number"), (.outputTokens, "99999999999999999999999999999999999999999", "number_too_large"),
    (.totalTokens, "121", "total_mismatch"), (.status, "ok", "bad_status"), (.status, "", "bad_status"),
    (.status, "error", "status_error_mismatch"), (.errorType, "timeout", "status_error_mismatch"),
    (.tierPrice, "", "tier_without_price"), (.model, "a\0b", "nul_byte"), (.model, "\"a\"b", "stray_quote"),
    (.model, "a,b", "field_count"), (.inputTokens, "10 0", "bad_number"),
  ]) func `a bad row is counted by reason with its line`(column: UsageColumn, text: String, reason: String) throws {
    let table = try load(rows: [row(), row([column: text]), row()])
    #expect(rejects(table) == ["\(reason):1[3]"])
    #expect(table.rowCount == 2)
    #expect(dump(table) == dump(try load(rows: [row(), row()])))
  }

  @Test func `texts of rejected rows are in no dictionary`() throws {
    let table = try load(rows: [row([.customerID: "ghost", .cost: "x"]), row(), row([.customerID: "cust-2"])])
    #expect(table.dictionary(.customerID).texts == ["cust-1", "cust-2"])
  }

  @Test func `a row of invalid UTF-8 is rejected`() throws {
    var bytes = Array((header + "\n" + row() + "\n").utf8)
    bytes += Array(row([.model: "gpt"]).utf8).map { $0 == UInt8(ascii: "g") ? 0xff : $0 } + [10]
    let table = try TemporaryFile(bytes).load()
    #expect(rejects(table) == ["invalid_utf8:1[3]"])
  }

  @Test func `short rows, long rows and lines behind quoted line breaks have their line numbers`() throws {
    let table = try load(rows: [row([.model: "\"a\nb\nc\""]), "1,2", row(), row() + ",x", "", row(), "z"])
    #expect(rejects(table) == ["field_count:3[5, 7, 10]"])
    #expect(table.facts.blankLines == 1)
    #expect(table.rowCount == 3)
  }

  @Test func `a quote that is never closed costs one line`() throws {
    let table = try load(rows: [row(), row([.model: "\"open"]), row(), row()])
    #expect(rejects(table) == ["unclosed_quote:1[3]"])
    #expect(table.rowCount == 3)
  }

  @Test func `cached and written tokens are checked together`() throws {
    let more =
      "timestamp,input_tokens,output_tokens,cached_input_tokens,cache_write_tokens,cache_write_1h_tokens,ttft_ms\n"
    let table = try load(
      more + "2026-01-05,100,1,50,30,20,5\n2026-01-05,100,1,50,30,21,\n2026-01-05,100,1,,,,\n2026-01-05,9,1,10,,,")
    #expect(rejects(table) == ["cache_above_input:2[3, 5]"])
    #expect(table.integer(.cachedInputTokens, row: 1) == nil)
    #expect(table.integer(.totalTokens, row: 1) == 101)
  }

  @Test func `columns are found by name, unknown ones are named`() throws {
    let table = try load("model,extra,cost_usd,\"other, one\"\na,1,0.5,2\nb,\"x\ny\",0.25,z\n")
    #expect(dump(table) == ["a|500000000", "b|250000000"])
    #expect(table.facts.unknownColumns == ["extra", "other, one"])
    #expect(!table.has(.timestamp))
  }

  @Test func `files of the earlier system load`() throws {
    let table = try load(
      "call_id,timestamp,customer_id,organization_id,product_id,feature_id,provider,model,input_tokens,output_tokens,total_tokens,"
        + "cost_usd,latency_ms,status,environment,region,subscription_tier,tier_price_usd,customer_archetype\n"
        + "c1,2025-01-05T10:00:00,cust,org,p,f,openai,gpt-4,10,20,30,0.0015,120.5,error,production,us-east,pro,199.0,power\n"
    )
    #expect(table.rowCount == 1)
    #expect(table.text(.environment, row: 0) == "production")
    #expect(table.missing(UsageColumn.contract) == [.errorType, .metadata])
  }

  @Test func `a header without rows is an empty table`() throws {
    for text in [header, header + "\n", header + "\r\n"] {
      let table = try load(text)
      #expect(table.isEmpty)
      #expect(table.facts.timeRange == nil)
      #expect(try table.totals(by: [.provider], ScanContext()).count == 0)
    }
  }

  @Test(arguments: [
    ("", "empty_file"), ("hello\nworld\n", "not_a_usage_file"), ("{\"a\": 1}", "not_a_usage_file"),
    ("TIMESTAMP,ContextTokens,GeneratedTokens\n1,2,3\n", "not_a_usage_file"),
    ("model,cost_usd,model\n", "duplicate_column"),
    ("\"model,cost_usd\n", "unreadable_header"), ("\n\n", "not_a_usage_file"),
    ("model,window_start_s,requests\na,0,1\n", "not_a_usage_file"),
  ]) func `what is no usage file is refused with a reason`(text: String, code: String) throws {
    let failure = try #require(throws: LabFailure.self) { try load(text) }
    #expect(failure.kind == .invalidInput)
    #expect(failure.diagnostics.map(\.code) == [code])
    #expect(failure.diagnostics.first?.location != nil)
  }

  @Test func `a missing file, a folder and a device are no files`() throws {
    for path in ["/nonexistent/file.csv", "/tmp", "/dev/null"] {
      let failure = try #require(throws: LabFailure.self) { try CallTable.load(path) }
      #expect(failure.kind == .notFound)
    }
  }

  @Test func `sums beyond 64 bits are a failure`() throws {
    let rows = [row([.cost: "9000000000"]), row([.cost: "300000000"])]
    #expect(try load(rows: [rows[0]]).rowCount == 1)
    let failure = try #require(throws: LabFailure.self) { try load(rows: rows) }
    #expect(failure.diagnostics.map(\.code) == ["sum_too_large"])
  }

  @Test func `more rejects than allowed are a failure`() throws {
    var options = LoadOptions()
    options.maxRejects = 1
    let text = header + "\nx\n" + row() + "\n"
    #expect(try load(text, options).rowCount == 1)
    let failure = try #require(throws: LabFailure.self) { try load(text + "y\n", options) }
    #expect(failure.diagnostics.map(\.code) == ["too_many_rejects"])
  }

  @Test func `the rejects file keeps the original bytes and loads again`() throws {
    let target = try TemporaryFile("")
    var options = LoadOptions()
    options.rejectsPath = target.path
    let bad = row([.cost: "oops", .model: "\"a\nb\""])
    _ = try load([header, row(), bad, row(), "short"].joined(separator: "\r\n"), options)
    let text = String(decoding: try FileSystem.read(target.path), as: UTF8.self)
    #expect(text == "reject_line,reject_reason,\(header)\n3,bad_number,\(bad)\n6,field_count,short\n")
    try FileSystem.replace(target.path, with: Array(text.replacing("oops", with: "1").utf8))
    let mended = try target.load()
    #expect(mended.rowCount == 1)
    #expect(mended.text(.model, row: 0) == "a\nb")
  }

  @Test func `an unterminated last line is torn in our files and counts in others`() throws {
    var ours = LoadOptions()
    ours.endsInLineFeed = true
    let text = header + "\n" + row() + "\n" + row()
    #expect(try load(text).rowCount == 2)
    #expect(try load(text).facts.tornLine == nil)
    let torn = try load(text, ours)
    #expect(torn.rowCount == 1)
    #expect(torn.facts.tornLine == 3)
    #expect(torn.facts.rejects.isEmpty)
    #expect(try load(text + "\n", ours).facts.tornLine == nil)
    #expect(rejects(try load(header + "\n" + row() + "\n2026-01", LoadOptions())) == ["field_count:1[3]"])
    #expect(try load(header + "\n" + row() + "\n" + row([.model: "\"open"]), ours).facts.tornLine == 3)
  }

  @Test func `metadata that stays in the file has no carriage return of a line end`() throws {
    // With a bad row and without one, since they are read in different ways.
    for bad in ["c,z\r,\r\n", ""] {
      let file = try TemporaryFile("model,metadata\r\na,x\r\nb,\"y\"\r\n" + bad)
      var options = LoadOptions()
      options.metadataLimit = 0
      let table = try file.load(options)
      #expect(table.keepsMetadataInFile)
      #expect(dump(table) == ["a|x", "b|y"])
    }
  }

  @Test func `a carriage return at the end of a file of ours is torn, no blank line`() throws {
    var ours = LoadOptions()
    ours.endsInLineFeed = true
    let file = try TemporaryFile("model,cost_usd\na,1\n\r")
    let before = try file.load(ours)
    #expect(before.facts.blankLines == 0)
    #expect(before.facts.tornLine == 3)
    try file.append("\nb,2\n")
    let after = try before.appending(ours)
    #expect(after.facts.blankLines == 1)
    #expect(dump(after) == ["a|1000000000", "b|2000000000"])
  }

  @Test func `quotes within an unquoted header name mean nothing`() throws {
    let table = try load("model,cost_usd,a\"\"b\nx,1,\n\"y\",2,\n")
    #expect(table.facts.unknownColumns == ["a\"\"b"])
    #expect(table.rowCount == 2)
  }

  @Test func `an identifier has one hash, quoted or not, valid text or not`() throws {
    let texts: [[UInt8]] = [[97, 34, 98, 0xff], [34, 97, 34, 34, 98, 0xff, 34]]
    var content = Array("model,call_id\n".utf8)
    for text in texts { content += Array("x,".utf8) + text + [10] }
    let table = try TemporaryFile(content).load()
    #expect(table.rowCount == 2)
    #expect(table.integer(.callID, row: 0) == table.integer(.callID, row: 1))
  }

  @Test func `a field of a megabyte and more is read`() throws {
    let long = String(repeating: "x", count: 9_000_000)
    let table = try load(rows: [row(), row([.metadata: "\"\(long)\n\""]), row([.model: long])])
    #expect(rejects(table) == [])
    #expect(try table.metadata(row: 1)?.utf8.count == 9_000_001)
    #expect(table.text(.model, row: 2)?.utf8.count == 9_000_000)
  }

  @Test(arguments: [1 << 12, 100_000, Fingerprint.blockSize]) func `a row without end is rejected, not kept in memory`(
    blockSize: Int
  ) throws {
    var options = LoadOptions()
    options.blockSize = blockSize
    options.longestRow = 200_000
    let fits = row([.metadata: String(repeating: "x", count: 200_000 - 1 - row().utf8.count)])
    let endless = String(repeating: "y", count: 700_000)
    let quoted = "\"" + String(repeating: "z", count: 300_000)
    let file = try TemporaryFile(
      [header, row(), fits, fits + "x", row(), endless, row(), quoted, row(), endless].joined(separator: "\n"))
    let table = try file.load(options)
    #expect(table.rowCount == 5)
    #expect(rejects(table) == ["row_too_long:4[4, 6, 8, 10]"])
    #expect(try table.metadata(row: 1)?.utf8.count == 200_000 - 1 - row().utf8.count)
  }

  @Test func `time range and disorder are noted`() throws {
    let times = ["2026-01-05T09:00:00Z", "2026-01-05T08:00:00Z", "2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z"]
    let table = try load(rows: times.map { row([.timestamp: $0]) })
    #expect(table.facts.outOfOrderRows == 1)
    #expect(
      table.facts.timeRange.map { "\($0.lowerBound.shortDescription) \($0.upperBound.shortDescription)" }
        == "2026-01-05T08:00:00Z 2026-01-05T10:00:00Z")
  }

  @Test func `a raised flag stops the load`() throws {
    let flag = CancellationFlag()
    flag.raise()
    let file = try TemporaryFile(header + "\n" + row() + "\n")
    let failure = try #require(throws: LabFailure.self) { try file.load(cancellation: flag) }
    #expect(failure.kind == .cancelled)
  }

  @Test func `the fingerprint is that of the bytes`() throws {
    let text = header + "\n" + row() + "\n"
    for size in [7, 100, Fingerprint.blockSize] {
      var options = LoadOptions()
      options.blockSize = size
      #expect(try load(text, options).facts.fingerprint == Fingerprint.of(text))
    }
  }
}
