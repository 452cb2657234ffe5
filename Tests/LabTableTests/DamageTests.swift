import LabCore
import LabTable
import Testing

/// The fast reader against the plain one, on files that were damaged at random.
@Suite struct DamageTests {
  private static let header =
    "timestamp,customer_id,model,subscription_tier,tier_price_usd,input_tokens,extra,output_tokens,total_tokens,cost_usd,latency_ms,"
    + "status,error_type,metadata,cached_input_tokens,call_id\n"

  /// A valid file of `count` rows with quoted commas, quotes and line breaks.
  private static func valid(_ count: Int, _ random: inout RandomStream) -> [UInt8] {
    var text = header
    let names = [
      "a", "\"b,b\"", "\"c\"\"c\"", "\"d\nd\"", "\"e\r\n\"", "", "żółw", String(repeating: "long", count: 20),
    ]
    for row in 0..<count {
      let input = random.below(5000)
      let output = random.below(900)
      let fails = random.below(4) == 0
      let time = Instant(
        microseconds: 1_767_571_200_000_000 + Int64(row) * 3_600_000_000 + Int64(random.below(1_000_000_000)))
      text +=
        "\(time),cust-\(random.below(9)),\(names[random.below(names.count)]),pro,199.00,\(input),\"x,\ny\",\(output),"
      text += random.below(3) == 0 ? "," : "\(input + output),"
      text += ["0.00\(random.below(99_999))", "1e-3", "", "0.1234567890123", "12"][random.below(5)] + ","
      text += ["\(random.below(100_000))", "12.5", "0.0005", ""][random.below(4)] + ","
      text += fails ? "error,timeout," : "success,,"
      text += ["", "\"{\"\"team\"\":\"\"t\(random.below(5))\"\"}\"", "\"line\nbreak\"", "{}"][random.below(4)] + ","
      text += (random.below(2) == 0 ? "" : "\(input / 2)") + ",call-\(row)" + (random.below(5) == 0 ? "\r\n" : "\n")
    }
    return Array(text.utf8)
  }

  /// Replaces, removes, doubles or inserts bytes behind the header.
  private static func damaged(_ content: [UInt8], _ random: inout RandomStream) -> [UInt8] {
    var content = content
    let bytes: [UInt8] = [0, 10, 13, 34, 34, 34, 44, 45, 46, 48, 57, 101, 0xff, 0xc3, 32]
    for _ in 0..<random.below(8) {
      let place = header.utf8.count + random.below(content.count - header.utf8.count)
      switch random.below(4) {
      case 0: content[place] = bytes[random.below(bytes.count)]
      case 1: content.insert(bytes[random.below(bytes.count)], at: place)
      case 2: content.remove(at: place)
      default: content.removeSubrange(place..<min(content.count, place + random.below(40)))
      }
      if content.count < header.utf8.count + 100 { break }
    }
    return content
  }

  private static func compare(_ content: [UInt8], _ options: LoadOptions) throws {
    let file = try TemporaryFile(content)
    let table = try file.load(options)
    let reference = ReferenceReader(content)
    let rows = dump(table, identifiers: "id")
    withExtendedLifetime(file) {}
    #expect(rows == reference.rows)
    let counted = Dictionary(uniqueKeysWithValues: table.facts.rejects.map { ($0.reason.name, $0.firstLines) })
    #expect(counted == reference.rejects.mapValues { Array($0.prefix(5)) })
    #expect(table.facts.rejectedRows == reference.rejects.values.reduce(0) { $0 + $1.count })
    #expect(table.facts.blankLines == reference.blankLines)
  }

  @Test(arguments: 0..<40) func `damaged files are read as the plain reader reads them`(seed: UInt64) throws {
    var random = RandomStream(seed: seed, purpose: 3)
    let content = Self.damaged(Self.valid(1 + random.below(30), &random), &random)
    var options = LoadOptions()
    for (blockSize, width) in [(Fingerprint.blockSize, 1), (1 + random.below(300), 2), (4000, 8)] {
      options.blockSize = blockSize
      options.width = width
      try Self.compare(content, options)
    }
  }

  /// A valid file of plain rows, as most files are: no line break inside quotes; every row ends alike. `quotes` is how many
  /// of ten texts are quoted.
  private static func plain(_ count: Int, quotes: Int, ending: String, _ random: inout RandomStream) -> [UInt8] {
    var text = header.dropLast() + ending
    let names = ["a", "gpt-4o", "claude-sonnet-4-5-20260101", "x\"y", "", "żółw", String(repeating: "long", count: 20)]
    func field(_ text: String, _ random: inout RandomStream) -> String {
      let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
      if quotes == 0 { return parts.joined(separator: "'") }
      return parts.count > 1 || random.below(10) < quotes ? "\"" + parts.joined(separator: "\"\"") + "\"" : text
    }
    for row in 0..<count {
      let input = random.below(9) == 0 ? random.below(1 << 40) : random.below(5000)
      let output = random.below(900)
      let fails = random.below(4) == 0
      let time = Instant(
        microseconds: 1_767_571_200_000_000 + Int64(row) * 3_600_000_000 + Int64(random.below(1_000_000_000)))
      let fields = [
        field("\(time)", &random),
        field("cust-\(random.below(2000))-\(String(repeating: "0", count: random.below(40)))", &random),
        field(names[random.below(names.count)], &random), field("pro", &random), "199", "\(input)",
        field("x", &random), "\(output)", random.below(3) == 0 ? "" : "\(input + output)",
        ["0.00\(random.below(99_999))", "1e-3", "", "0.123456789", "12", "0.1234567890123"][random.below(6)],
        ["\(random.below(100_000))", "12.5", "1234567.891", ""][random.below(4)],
        field(fails ? "error" : "success", &random), field(fails ? "timeout" : "", &random),
        random.below(2) == 0 ? "" : field("{\"team\":\"t\(random.below(5))\"}", &random),
        random.below(2) == 0 ? "" : "\(input / 2)", field("call-\(row)", &random),
      ]
      text += fields.joined(separator: ",") + ending
    }
    return Array(text.utf8)
  }

  @Test(arguments: 0..<24) func `plain files, whole or hardly damaged, are read as the plain reader reads them`(
    seed: UInt64
  ) throws {
    var random = RandomStream(seed: seed, purpose: 6)
    var content = Self.plain(
      400, quotes: [0, 0, 1, 10][Int(seed % 4)], ending: seed % 3 == 0 ? "\r\n" : "\n", &random)
    var options = LoadOptions()
    options.width = 2
    try Self.compare(content, options)
    options.blockSize = 20_000 + random.below(30_000)
    try Self.compare(content, options)
    for _ in 0..<3 {
      content = Self.damaged(content, &random)
      try Self.compare(content, options)
    }
  }

  @Test func `every block size gives the same rows`() throws {
    var random = RandomStream(seed: 1, purpose: 4)
    let file = try TemporaryFile(Self.valid(8, &random))
    let whole = try file.load()
    for blockSize in Array(1...40) + stride(from: 41, to: 700, by: 13) {
      var options = LoadOptions()
      options.blockSize = blockSize
      options.width = 1 + blockSize % 3
      let table = try file.load(options)
      #expect(dump(table) == dump(whole))
      #expect(table.facts.rejects == whole.facts.rejects)
      #expect(table.dictionary(.customerID).texts == whole.dictionary(.customerID).texts)
      #expect(table.facts.fingerprint == whole.facts.fingerprint)
    }
  }

  @Test(arguments: [0, 1, 2, 3]) func `a file that grew is the same as one that was loaded anew`(seed: UInt64) throws {
    var random = RandomStream(seed: seed, purpose: 5)
    let content = Self.valid(40, &random)
    var options = LoadOptions()
    options.endsInLineFeed = true
    for _ in 0..<5 {
      let cut = Self.header.utf8.count + random.below(content.count - Self.header.utf8.count)
      let file = try TemporaryFile(Array(content[..<cut]))
      let before = try file.load(options)
      try file.append(String(decoding: content[cut...], as: UTF8.self))
      let after = try before.appending(options)
      let whole = try file.load(options)
      #expect(dump(after) == dump(whole))
      #expect(after.facts.fingerprint == whole.facts.fingerprint)
      #expect(after.facts.outOfOrderRows == whole.facts.outOfOrderRows)
      #expect(after.facts.timeRange == whole.facts.timeRange)
      #expect(after.facts.tornLine == nil)
      #expect(
        try after.totals(by: [.customer], ScanContext()).totals == whole.totals(by: [.customer], ScanContext()).totals)
    }
  }

  @Test func `a file that shrank or has another header is not appended to`() throws {
    let file = try TemporaryFile("model,cost_usd\na,1\n")
    let table = try file.load()
    try file.overwrite("model,cost_usd\na")
    #expect(throws: LabFailure.self) { try table.appending() }
    try file.overwrite("model,latency_ms\na,1\nb,2\n")
    #expect(throws: LabFailure.self) { try table.appending() }
  }
}
