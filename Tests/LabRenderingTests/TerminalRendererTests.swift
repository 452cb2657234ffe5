import LabCore
import LabRendering
import LabReport
import LabTestSupport
import Testing

@Suite struct TerminalRendererTests {
  static func plain(_ width: Int, ascii: Bool = false, rows: Int? = nil) -> TerminalRenderer {
    TerminalRenderer(TerminalStyle(width: width, ascii: ascii, rowLimit: rows))
  }

  @Test(arguments: [20, 40, 61, 80, 120], [false, true])
  func `no line of any block is wider than the terminal`(width: Int, ascii: Bool) {
    for report in [Sample.report, Sample.hostileReport] {
      let text = Self.plain(width, ascii: ascii).text(of: report)
      for line in text.split(separator: "\n", omittingEmptySubsequences: false) where DisplayWidth.of(line) > width {
        Issue.record("\(DisplayWidth.of(line)) columns: \(line)")
      }
    }
  }

  @Test(arguments: [40, 80])
  func `no data can drive the terminal`(width: Int) {
    let text = Self.plain(width).text(of: Sample.hostileReport)
    for scalar in text.unicodeScalars {
      let code = scalar.value
      let forbidden =
        (code < 0x20 && code != 0x0a) || (0x7f..<0xa0).contains(code) || (0x202a...0x202e).contains(code)
        || (0x2066...0x2069).contains(code)
        || code == 0x200e || code == 0x200f || code == 0x2028 || code == 0x2029
      if forbidden { Issue.record("U+\(String(code, radix: 16)) reached the terminal") }
    }
    // With colour, the only escape sequences are ours.
    let colored = TerminalRenderer(TerminalStyle(width: width, color: true)).text(of: Sample.hostileReport)
    var rest = Substring(colored)
    while let escape = rest.firstIndex(of: "\u{1b}") {
      rest = rest[escape...].dropFirst()
      let parameters = rest.dropFirst().prefix { $0.isNumber || $0 == ";" }
      #expect(rest.first == "[" && !parameters.isEmpty && rest.dropFirst(1 + parameters.count).first == "m")
    }
  }

  @Test func `ascii is ascii, whatever the data is`() {
    for report in [Sample.report, Sample.hostileReport] {
      let text = Self.plain(80, ascii: true).text(of: report)
      #expect(text.utf8.allSatisfy { $0 == 0x0a || ($0 >= 0x20 && $0 < 0x7f) })
    }
  }

  @Test func `colour changes no character`() {
    let colored = TerminalRenderer(TerminalStyle(width: 80, color: true)).text(of: Sample.report)
    var stripped = ""
    var inside = false
    for character in colored {
      if character == "\u{1b}" {
        inside = true
      } else if !inside {
        stripped.append(character)
      } else if character == "m" {
        inside = false
      }
    }
    #expect(stripped == Self.plain(80).text(of: Sample.report))
    #expect(colored.contains("\u{1b}[1;31mcritical:\u{1b}[0m"))
    #expect(!Self.plain(80).text(of: Sample.report).contains("\u{1b}"))
  }

  @Test func `metrics at 80 columns`() {
    #expect(
      Self.plain(80).lines(of: Sample.metrics) == [
        "Total cost            $11,840.12", "Calls                 1,234,567", "p95 latency           8,123 ms",
        "Forecast for 30 days  unknown (the data has 3 days; 14 are needed)",
      ])
    #expect(
      Self.plain(40).lines(of: Sample.metrics).suffix(2) == [
        "Forecast for 30 days: unknown (the", "  data has 3 days; 14 are needed)",
      ])
  }

  @Test func `a table at 120 columns shows all`() {
    #expect(
      Self.plain(120).lines(of: Sample.table()).joined(separator: "\n") == """
        Cost by model (top 3 of 482, by cost, largest first)
        Provider                           Cost   Share               Calls  p95 latency (ms)  Daily cost  First call
        ───────────────────────────  ──────────  ──────  ───────  ─────────  ────────────────  ──────────  ────────────────────
        openai                        $7,000.00   61.2%  ██████▏    123,456               812  ▂▃▄▅▅▆▇█    2026-01-05T09:13:45Z
        anthropic, "quoted" | piped   $6,987.65   60.2%  ██████     123,455               812  ▂▃▄▅▅▆▇█    2026-01-05T09:13:45Z
        =HYPERLINK("http://x")        $6,975.31   59.2%  █████▉     123,454           too few  ▂▃▄▅▅▆▇█    2026-01-05T09:13:45Z
        ───────────────────────────  ──────────  ──────  ───────  ─────────  ────────────────  ──────────  ────────────────────
        total                        $11,840.12  100.0%           1,234,567
        Cost is the recorded cost.
        """)
  }

  @Test func `a table at 80 columns leaves out what matters least and says so`() {
    #expect(
      Self.plain(80).lines(of: Sample.table()).joined(separator: "\n") == """
        Cost by model (top 3 of 482, by cost, largest first)
                                                                         p95
                                                                     latency
        Provider                           Cost   Share      Calls      (ms)  Daily cost
        ───────────────────────────  ──────────  ──────  ─────────  ────────  ──────────
        openai                        $7,000.00   61.2%    123,456       812  ▂▃▄▅▅▆▇█
        anthropic, "quoted" | piped   $6,987.65   60.2%    123,455       812  ▂▃▄▅▅▆▇█
        =HYPERLINK("http://x")        $6,975.31   59.2%    123,454   too few  ▂▃▄▅▅▆▇█
        ───────────────────────────  ──────────  ──────  ─────────  ────────  ──────────
        total                        $11,840.12  100.0%  1,234,567
        (1 column is left out for want of width: First call)
        Cost is the recorded cost.
        """)
  }

  @Test func `a table at 40 columns in ascii`() {
    #expect(
      Self.plain(40, ascii: true).lines(of: Sample.table()).joined(separator: "\n") == """
        Cost by model (top 3 of 482, by cost,
        largest first)
        Provider                           Cost
        ---------------------------  ----------
        openai                        $7,000.00
        anthropic, "quoted" | piped   $6,987.65
        =HYPERLINK("http://x")        $6,975.31
        ---------------------------  ----------
        total                        $11,840.12
        (5 columns are left out for want of
        width: Share, Calls, p95 latency (ms),
        Daily cost, First call)
        Cost is the recorded cost.
        """)
  }

  @Test func `figures are never cut`() {
    for width in stride(from: 20, through: 140, by: 3) {
      let text = Self.plain(width).lines(of: Sample.table()).joined(separator: "\n")
      #expect(text.contains("$7,000.00"), "width \(width)")
      #expect(text.contains("$11,840.12"), "width \(width)")
    }
  }

  @Test func `wide characters keep columns aligned`() {
    let lines = TextTable(
      columns: [.init("Name"), .init("Calls", .trailing), .init("x")],
      rows: [["日本語", "1", "|"], ["e\u{301}te\u{301}", "22", "|"], ["👨‍👩‍👧‍👦 fam", "333", "|"], ["plain", "4444", "|"]]
    ).lines(TerminalStyle(width: 60))
    let bars = lines.dropFirst(2).map { line in DisplayWidth.of(line[..<(line.firstIndex(of: "|") ?? line.endIndex)]) }
    #expect(Set(bars).count == 1 && bars.count == 4)
  }

  @Test func `a table without rows says so`() {
    #expect(
      Self.plain(80).lines(of: ReportTable(id: "t", title: "Reroutes", columns: [.key("a", "A")], rows: [])) == [
        "Reroutes", "no rows",
      ])
    #expect(Self.plain(80).text(of: [ReportBlock]()) == "")
  }

  @Test func `a row limit of the screen is said`() {
    let lines = Self.plain(120, rows: 2).lines(of: Sample.table(rows: 20, shown: nil))
    #expect(lines[0] == "Cost by model (top 2 of 482, by cost, largest first)")
  }

  @Test func `recommendations show effect, evidence and what to check`() {
    #expect(
      Self.plain(80).lines(of: .recommendations([Sample.recommendation])).joined(separator: "\n") == """
        1. Cache the shared prefix of chat: 61% of its input repeats.
           effect: $120.00 per month ($80.00 to $160.00)
           cacheable input tokens: 12,345,678
           daily: ▃▆█
           check first: that prompts keep their order
        """)
  }

  @Test(arguments: Chart.Kind.allCases) func `every kind of chart shows its title, names and figures`(kind: Chart.Kind)
  {
    for ascii in [false, true] {
      let chart = Sample.chart(kind)
      let lines = Self.plain(80, ascii: ascii).lines(of: .chart(chart))
      #expect(lines.first == chart.title)
      #expect(lines.count >= 4, "\(lines)")
      let text = lines.joined(separator: "\n")
      if !chart.categories.isEmpty { for name in chart.categories { #expect(text.contains(name)) } }
      #expect(!text.contains("no data"))
    }
    let empty = Chart(id: "e", title: "Empty", kind: kind, x: .init("x"), y: .init("y"), series: [])
    #expect(Self.plain(80).lines(of: .chart(empty)) == ["Empty", "no data to draw"])
  }

  @Test func `bars are as long as their values`() {
    let lines = Self.plain(60, ascii: true).lines(of: .chart(Sample.chart(.histogram)))
    let lengths = lines.dropFirst(2).map { $0.filter { $0 == "#" }.count }
    #expect(lengths.count == 4 && lengths[3] == 60 - 3 - 6 - 4)
    #expect(abs(Double(lengths[0]) - Double(lengths[3]) / 4) <= 1 && lengths[2] == 0)
  }

  @Test func `a plot shows the peak of many points`() {
    let points = (0..<5000).map { (index: Int) -> Chart.Point in
      Chart.Point(x: Double(index), y: index == 2500 ? 100 : 1)
    }
    let chart = Chart(
      id: "c", title: "Peak", kind: .line, x: .init("n"), y: .init("v"), series: [.init("v", points: points)])
    let lines = Self.plain(80, ascii: true).lines(of: .chart(chart))
    #expect(lines[2].contains("*") && lines[2].contains("100"))
    #expect(lines[2].filter { $0 == "*" }.count == 1)
  }
}

@Suite struct TerminalPartsTests {
  @Test func `a sparkline starts at zero and keeps peaks`() {
    #expect(Sparkline.text([0, 1, 2, 3, 4, 5, 6, 7]) == "▁▂▃▄▅▆▇█")
    #expect(Sparkline.text([5, 5, 5]) == "███")
    #expect(Sparkline.text([0, 0]) == "▁▁")
    #expect(Sparkline.text([]) == "" && Sparkline.text([.nan]) == "")
    #expect(Sparkline.text([1, .nan, 1]) == "█ █")
    #expect(Sparkline.text([0, 7], ascii: true) == "_#")
    #expect(Sparkline.text([-1e308, 1e308]) == "▁█")
    var many = [Double](repeating: 0, count: 1000)
    many[500] = 9
    let text = Sparkline.text(many, width: 20)
    #expect(text.count == 20 && text.contains("█"))
  }

  @Test func `a long series says how many values share a character`() {
    let table = ReportTable(
      id: "daily", title: "Daily", columns: [.note("days", "Each day"), .init("least", "Least", unit: .usd)],
      rows: [[.spark(Array(repeating: 3, count: 28)), .number(3, .usd)]])
    let wide = TerminalRenderer(TerminalStyle(width: 80)).lines(of: table)
    #expect(wide[1] == "Each day                      Least" && wide[3].filter { $0 == "█" }.count == 28)
    var long = table
    long.rows[0][0] = .spark((0..<100).map { Double($0) })
    let bucketed = TerminalRenderer(TerminalStyle(width: 80)).lines(of: long)
    #expect(bucketed[1].hasPrefix("Each day (greatest of every 2)") && bucketed[3].hasSuffix("$3.00"))
    #expect(bucketed[3].prefix { $0 != " " }.count == 50)
  }

  @Test func `a verdict's word has its colour, and a callout's too`() {
    let table = ReportTable(
      id: "thresholds", title: "T", columns: [.key("id", "Threshold"), .note("verdict", "Verdict", priority: 0)],
      rows: [[.text("a"), .text("passed")], [.text("b"), .text("warning")], [.text("c"), .text("FAILED")]])
    let renderer = TerminalRenderer(TerminalStyle(color: true))
    let text = renderer.lines(of: table).joined()
    for painted in ["\u{1b}[32mpassed", "\u{1b}[33mwarning", "\u{1b}[1;31mFAILED"] { #expect(text.contains(painted)) }
    #expect(renderer.lines(of: .callout(Callout(.info, "x"))) == ["\u{1b}[36mnote:\u{1b}[0m x"])
  }

  @Test func `a long word breaks after a sign that parts it`() {
    #expect(TextLayout.wrap("understanding.total_cost_usd", to: 26) == ["understanding.total_cost_", "usd"])
    #expect(TextLayout.wrap("at shipped:prices/2026-11.json", to: 20) == ["at", "shipped:prices/2026-", "11.json"])
    #expect(TextLayout.wrap("abcdefghij", to: 4) == ["abcd", "efgh", "ij"])
    #expect(TextLayout.wrap("--abcdefgh", to: 4) == ["--ab", "cdef", "gh"])
  }

  @Test func `words that wrap are whole, and names are never cut`() {
    let sentence = Array(repeating: "word", count: 60).joined(separator: " ")
    let name = "understanding.cost_per_million_tokens_usd"
    let table = TextTable(
      columns: [.init("Name", isName: true), .init("Meaning", priority: 0, wraps: true), .init("Least", .trailing)],
      rows: [[name, sentence, "1"]])
    for width in [40, 60, 80] {
      let lines = table.lines(TerminalStyle(width: width, ascii: true))
      let words = lines.dropFirst(2).joined(separator: " ").split(separator: " ")
      #expect(words.filter { $0 == "word" }.count == 60, "at \(width)")
      #expect(!lines.joined().contains("..."))
      if width > 40 { #expect(lines.contains { $0.hasPrefix(name) }, "at \(width)") }
    }
  }

  @Test(arguments: [false, true])
  func `stacked series have signs of their own, the smallest in one`(ascii: Bool) {
    for count in 2...12 {
      let chart = Chart(
        id: "c", title: "t", kind: .stackedBar, x: .init("Day", scale: .category), y: .init("Cost", unit: .usd),
        categories: ["Mon"], series: (0..<count).map { .init("p\($0)", values: [Double(100 - $0)]) })
      let lines = TerminalRenderer(TerminalStyle(width: 120, ascii: ascii)).lines(of: .chart(chart))
      let words = (lines.last ?? "").split(separator: " ")
      let signs = words.indices.filter { $0 % 2 == 0 }.prefix(min(count, 8)).map { words[$0] }
      #expect(signs.count == min(count, 8) && Set(signs).count == signs.count && signs.allSatisfy { $0.count == 1 })
      #expect(count <= 8 || lines.last?.hasSuffix(" \(count - 7) others") == true)
    }
  }

  @Test func `a bar has the length of its fraction`() {
    #expect(Bar.text(0.5, width: 10) == "█████")
    #expect(Bar.text(0.55, width: 10) == "█████▌")
    #expect(Bar.text(1.5, width: 3) == "███")
    #expect(Bar.text(1e-9, width: 10) == "▏")
    #expect(Bar.text(0.5, width: 10, ascii: true) == "#####")
    for fraction in [0, -1, .nan, 0.5] where !(fraction > 0) { #expect(Bar.text(fraction, width: 10) == "") }
    #expect(Bar.text(0.5, width: 0) == "" && Bar.text(.infinity, width: 4) == "████")
  }

  @Test func `the progress line fits and drops what matters least`() {
    let line = ProgressLine(
      label: "simulating", fraction: 0.524, rows: 1_234_567, rowsPerSecond: 2.1e6, secondsLeft: 3.2)
    #expect(line.text(width: 80) == "simulating [█████████████░░░░░░░░░░░░░]  52%  1.2M rows  2.1M rows/s  4 s left")
    #expect(line.text(width: 60, ascii: true) == "simulating [#########..........]  52%  1.2M rows  4 s left")
    #expect(line.text(width: 20, ascii: true) == "simulating   52%")
    for width in 0..<140 {
      for ascii in [false, true] {
        #expect(DisplayWidth.of(line.text(width: width, ascii: ascii)) <= max(8, width - 1))
      }
    }
    #expect(ProgressLine(label: "loading", fraction: nil, rows: 5000).text(width: 40) == "loading  5.0k rows")
    #expect(ProgressLine(label: "x", fraction: 0.99999, rows: 0).text(width: 30, ascii: true).contains(" 99%"))
    #expect(ProgressLine(label: "x", fraction: 1, rows: 0).text(width: 30, ascii: true).contains("100%"))
    let odd = ProgressLine(label: "\u{1b}[2J", fraction: .nan, rows: -1, rowsPerSecond: .infinity, secondsLeft: .nan)
    #expect(!odd.text(width: 50).contains("\u{1b}"))
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\nb", "a b"), ("\u{1b}[31mx", "\u{fffd}[31mx"), ("a\u{202e}b", "a\u{fffd}b"), ("é", "é"),
    ("a\r\nb", "a b"),
  ])
  func `text from data becomes one harmless line`(text: String, safe: String) { #expect(SafeText.line(text) == safe) }

  @Test func `ascii text keeps what it can and names the rest`() {
    #expect(SafeText.line("5 × 3 ≤ 20 – “x”…", ascii: true) == "5 x 3 <= 20 - \"x\"...")
    #expect(SafeText.line("Zürich", ascii: true) == "Z\\u{fc}rich")
  }
}
