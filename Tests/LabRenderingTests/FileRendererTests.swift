import LabCore
import LabJSON
import LabRendering
import LabReport
import LabTestSupport
import Testing

@Suite struct CSVRendererTests {
  @Test func `a table is written with ids, exact figures and quoted fields`() {
    #expect(
      CSVRenderer().text(of: Sample.table()) == """
        provider,cost_usd,share,calls,p95_latency_ms,trend,first
        openai,7000.00,61.2,123456,812.5,1 2 3 4 5 6 7 8,2026-01-05T09:13:45.000000Z
        "anthropic, ""quoted"" | piped",6987.654321099,60.2,123455,812.5,1 2 3 4 5 6 7 8,2026-01-05T09:13:45.000000Z
        "'=HYPERLINK(""http://x"")",6975.308642198,59.2,123454,,1 2 3 4 5 6 7 8,2026-01-05T09:13:45.000000Z

        """)
  }

  @Test(arguments: [
    ("=1+1", "'=1+1"), ("@x", "'@x"), ("+x", "'+x"), ("-x", "'-x"), ("\tx", "'\tx"), ("\rx", "\"'\rx\""), ("-5", "-5"),
    ("+5.5e3", "+5.5e3"), ("-5+1", "'-5+1"), ("", ""), ("a=b", "a=b"),
    ("＝1", "'＝1"), ("-", "'-"), ("a,b", "\"a,b\""), ("a\"b", "\"a\"\"b\""), ("a\r\nb", "\"a\r\nb\""), (" a", "\" a\""),
  ])
  func `formulas are neutralised and numbers left alone`(field: String, written: String) {
    #expect(CSVRenderer.escaped(field) == written)
  }

  @Test func `the bytes of a file are those of the text`() {
    var table = Sample.table(rows: 40)
    let money: [Int64] = [0, 1, -1, 10, 5_000_000_000, -1_234_567_890, 999_999_999, .max, .min, 100_000_000]
    table.rows += money.map { [.text("m"), .money(Money(nanodollars: $0)), .percent(0.1), .count($0)] }
    table.rows += Sample.hostile.map {
      [
        .text($0), .spark([1, .nan]), .number(1e21, .ratio), .missing("x"),
        .date(CivilDate(year: 2026, month: 1, day: 5)),
      ]
    }
    table.rows += [[], [.integer(.min), .integer(.max), .integer(10), .integer(-9)]]
    #expect(String(decoding: CSVRenderer().bytes(of: table), as: UTF8.self) == CSVRenderer().text(of: table))
  }

  @Test func `python reads every hostile field back as it was`() throws {
    let csv = CSVRenderer().text(header: ["a", "b"], rows: Sample.hostile.map { ["x" + $0, "end"] })
    let program =
      "import csv,sys,io,json\nrows=list(csv.reader(io.StringIO(sys.stdin.buffer.read().decode(),newline='')))\nprint(json.dumps(rows))"
    let run = try ProcessRun.run("python3", ["-c", program], input: Array(csv.utf8))
    let rows = try #require(try JSONReader.read(run.outputBytes, name: "csv").root.array)
    #expect(rows.count == Sample.hostile.count + 1)
    for (row, name) in zip(rows.dropFirst(), Sample.hostile) {
      #expect(row.array?.first?.string.map { Array($0.unicodeScalars) } == Array(("x" + name).unicodeScalars))
      #expect(row.array?.last?.string == "end")
    }
  }
}

@Suite struct MarkdownRendererTests {
  @Test func `a table is a markdown table with alignment and totals`() {
    #expect(
      MarkdownRenderer().text(of: Sample.table()) == """
        **Cost by model** (top 3 of 482, by cost, largest first)

        | Provider | Cost | Share | Calls | p95 latency (ms) | Daily cost | First call |
        | --- | ---: | ---: | ---: | ---: | --- | --- |
        | openai | $7,000.00 | 61.2% | 123,456 | 812 | ▂▃▄▅▅▆▇█ | 2026-01-05T09:13:45Z |
        | anthropic, "quoted" \\| piped | $6,987.65 | 60.2% | 123,455 | 812 | ▂▃▄▅▅▆▇█ | 2026-01-05T09:13:45Z |
        | \\=HYPERLINK("http://x") | $6,975.31 | 59.2% | 123,454 | too few | ▂▃▄▅▅▆▇█ | 2026-01-05T09:13:45Z |
        | **total** | **$11,840.12** | **100.0%** | **1,234,567** |  |  |  |

        Cost is the recorded cost.

        """)
  }

  @Test func `no text turns into markup`() {
    let text = MarkdownRenderer().text(of: Sample.hostileReport)
    #expect(!text.contains("<script"))
    #expect(!text.contains("\u{1b}") && !text.contains("\0"))
    #expect(!text.contains("[l](javascript"))
    #expect(MarkdownRenderer.escaped("a|b*c_d`e[f]<g>&\n#h") == "a\\|b\\*c\\_d\\`e\\[f\\]&lt;g&gt;&amp; #h")
    #expect(MarkdownRenderer.escaped("# x") == "\\# x")
    // Every row of a table has as many cells as its head.
    var width = 0
    for line in text.split(separator: "\n") where line.hasPrefix("|") {
      let bars = zip(line, " " + line).filter { $0 == "|" && $1 != "\\" }.count
      if line.hasPrefix("| ---") { width = bars }
      if width > 0, !line.contains("---") || line.hasPrefix("| ---") { continue }
    }
    #expect(width > 0)
  }

  @Test(arguments: Chart.Kind.allCases) func `a chart without a table shows its numbers`(kind: Chart.Kind) {
    let text = MarkdownRenderer().text(of: [.chart(Sample.chart(kind))])
    #expect(text.contains("Cost rose by 12%") && text.contains("| --- |"))
    var chart = Sample.chart(kind)
    chart.tableID = "by_model"
    #expect(!MarkdownRenderer().text(of: [.chart(chart)]).contains("|"))
  }
}

@Suite struct JSONRendererTests {
  @Test func `every block is an object with its type`() throws {
    for report in [Sample.report, Sample.hostileReport] {
      let root = try JSONReader.read(Array(JSONRenderer().text(of: report).utf8), name: "report").root
      #expect(root["id"]?.string == report.id)
      #expect(root["blocks"]?.array?.count == report.blocks.count)
    }
    let root = try JSONReader.read(Array(JSONRenderer().text(of: Sample.report).utf8), name: "report").root
    let blocks = try #require(root["blocks"]?.array)
    #expect(blocks.map { $0["type"]?.string } == ["metrics", "callout", "callout", "section", "recommendations"])
    let metrics = try #require(blocks[0]["metrics"]?.array)
    #expect(metrics[0]["value"]?.number?.text == "11840.120000000")
    #expect(metrics[3]["value"]?.isNull == true)
    #expect(metrics[3]["unknown_because"]?.string == "the data has 3 days; 14 are needed")
    let table = try #require(blocks[3]["blocks"]?.array?.first)
    #expect(table["total_count"]?.number?.integer == 482)
    #expect(table["rows"]?.array?[1]["cost_usd"]?.number?.text == "6987.654321099")
    #expect(table["rows"]?.array?[2]["p95_latency_ms"]?.isNull == true)
    #expect(blocks[4]["recommendations"]?.array?.first?["monthly_effect_usd"]?.number?.text == "120.000000000")
  }

  @Test func `the same report gives the same bytes`() {
    #expect(JSONRenderer().text(of: Sample.report) == JSONRenderer().text(of: Sample.report))
  }
}
