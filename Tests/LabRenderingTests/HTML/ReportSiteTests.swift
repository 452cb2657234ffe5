import LabCore
import LabJSON
import LabReport
import LabTestSupport
import Testing

@testable import LabRendering

@Suite struct ReportSiteTests {
  static let pages = Sample.pages(of: Sample.site())
  static let single = Sample.site().singlePage()

  @Test func `every link inside a report leads to a spot that is there`() {
    let ids = Dictionary(
      uniqueKeysWithValues: Self.pages.map { ($0.name, Set(HTMLText.values(of: "id", in: $0.html))) })
    let files = Set(Self.pages.flatMap(\.tables).map(\.name))
    for page in Self.pages {
      for link in HTMLText.values(of: "href", in: page.html) {
        if link.hasPrefix("data:") || link.hasPrefix("assets/") { continue }
        if link.hasPrefix("tables/") {
          #expect(files.contains(link), "\(page.name): \(link)")
          continue
        }
        let parts = link.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
        let target = parts[0].isEmpty ? page.name : parts[0]
        #expect(ids[target] != nil, "\(page.name): \(link)")
        if parts.count > 1 { #expect(ids[target]?.contains(parts[1]) == true, "\(page.name): \(link)") }
      }
    }
    let all = Set(HTMLText.values(of: "id", in: Self.single.html))
    for link in HTMLText.values(of: "href", in: Self.single.html) where !link.hasPrefix("data:") {
      #expect(link.hasPrefix("#") && all.contains(String(link.dropFirst())), "\(link)")
    }
  }

  @Test func `no id is given twice`() {
    for page in Self.pages + [Self.single] {
      let ids = HTMLText.values(of: "id", in: page.html)
      #expect(Set(ids).count == ids.count, "\(page.name)")
    }
  }

  @Test func `hostile text stays text: no page has a tag, a handler or a style that is not ours`() {
    for page in Self.pages + [Self.single] {
      let html = page.html
      #expect(!html.contains("<script>alert"), "\(page.name)")
      #expect(HTMLText.values(of: "style", in: html).isEmpty && HTMLText.values(of: "onclick", in: html).isEmpty)
      #expect(!html.unicodeScalars.contains { $0.value == 0x202e || $0.value == 0 || $0.value == 0x1b })
      for block in HTMLText.dataBlocks(in: html) {
        #expect(!block.contains("<") && !block.contains("\u{2028}"))
        #expect(throws: Never.self) { try JSONReader.read(Array(block.utf8), name: "chart") }
      }
    }
    let hostile = Self.pages[2].html
    #expect(hostile.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(!hostile.contains(String(repeating: "x", count: 1100)), "a page cuts a name of 10,000 characters")
    let csv = String(decoding: Self.pages[2].tables[0].bytes, as: UTF8.self)
    #expect(csv.contains(String(repeating: "x", count: 10_000)), "the CSV has it whole")
    #expect(csv.contains("'=1+1") && csv.contains("'@cmd"))
  }

  @Test func `a table shows 200 rows at most, says of how many, and its CSV has all`() throws {
    let table = Sample.table(rows: 5000)
    let page = Sample.site().page(
      .init(id: "big", title: "Big", question: "?", domain: "FinOps", state: .complete, blocks: [.table(table)]))
    #expect(HTMLText.count(of: "<tr>", in: page.html) == 200 + 2, "head, rows, totals")
    #expect(page.html.contains("200 of 5,000") && page.html.contains("CSV, all 5,000 rows"))
    #expect(HTMLText.values(of: "data-first", in: page.html) == ["15"])
    #expect(page.tables.map(\.name) == ["tables/big.by_model.csv"])
    #expect(page.tables[0].bytes.count { $0 == UInt8(ascii: "\n") } == 5001)
  }

  @Test func `a page that would be too large shows fewer rows and recommendations, and its CSVs have all`() {
    let tables = (0..<8).map { index -> ReportBlock in
      var table = Sample.table(rows: 400)
      table.id = "t\(index)"
      return .table(table)
    }
    let actions = (0..<300).map {
      Recommendation(rule: "r\($0)", text: "do", monthlyEffect: Money(nanodollars: Int64($0)), check: "what")
    }
    let page = Sample.site().page(
      .init(
        id: "big", title: "Big", question: "?", domain: "FinOps", state: .complete,
        blocks: tables + [.recommendations(actions)]))
    #expect(page.html.utf8.count <= 200_000)
    #expect(HTMLText.count(of: "<li id=\"action-", in: page.html) == 30)
    #expect(page.html.contains("the first 30 of 300") && page.html.contains("href=\"tables/big.recommendations.csv\""))
    #expect(page.tables.map { $0.bytes.count { $0 == UInt8(ascii: "\n") } } == Array(repeating: 401, count: 8) + [301])
  }

  @Test func `no chart gets more than a thousand points`() throws {
    let points = (0..<50_000).map { Chart.Point(x: Double($0), y: Double($0 % 977)) }
    let chart = Chart(
      id: "c", title: "t", kind: .line, x: .init("x"), y: .init("y"), series: [.init("s", points: points)])
    let page = Sample.site().page(
      .init(id: "big", title: "Big", question: "?", domain: "FinOps", state: .complete, blocks: [.chart(chart)]))
    let block = try #require(HTMLText.dataBlocks(in: page.html).first)
    let root = try JSONReader.read(Array(block.utf8), name: "chart").root
    let drawn = try #require(root["series"]?.array?.first?["points"]?.array)
    #expect((900...Chart.pointLimit).contains(drawn.count))
    #expect(drawn.compactMap { $0.array?.last?.number?.double }.max() == 976, "peaks stay")
  }

  @Test func `every kind of chart is drawn or, a heat map, a table; and each has its numbers`() {
    let html = Self.pages[1].html
    for kind in Chart.Kind.allCases { #expect(html.contains("<figure class=\"chart \(kind.rawValue)\""), "\(kind)") }
    #expect(HTMLText.count(of: "<canvas role=\"img\" aria-label=\"", in: html) == Chart.Kind.allCases.count - 1)
    #expect(html.contains("<table class=\"heat\""))
    // No sample chart names a table, so each carries its own list.
    #expect(HTMLText.count(of: "<details class=\"numbers\">", in: html) == Chart.Kind.allCases.count - 1)
  }

  @Test func `without a chart library pages have no canvas, say so, and show every chart's numbers`() {
    let page = Sample.pages(of: Sample.site(.none("no charts: install them")))[1]
    #expect(!page.html.contains("<canvas") && !page.html.contains("chart.min.js"))
    #expect(page.html.contains("no charts: install them"))
    #expect(HTMLText.count(of: "<details class=\"numbers\" open>", in: page.html) == Chart.Kind.allCases.count - 1)
  }

  @Test func `the policy allows our files alone, and in a single file the hashes of what is inside`() throws {
    let policy = try #require(HTMLText.values(of: "content", in: Self.pages[0].html).first)
    #expect(
      policy
        == "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    let inside = try #require(HTMLText.values(of: "content", in: Self.single.html).first)
    #expect(inside.contains("script-src 'sha256-") && inside.contains("style-src 'sha256-") && !inside.contains("self"))
    let network = Sample.pages(of: Sample.site(.network(url: "https://x.example/c.js")))[0].html
    #expect(HTMLText.values(of: "content", in: network)[0].contains("script-src 'self' https://x.example/c.js;"))
    #expect(HTMLText.values(of: "src", in: network) == ["https://x.example/c.js", "assets/report.js"])
  }

  @Test func `only the line with the time differs between two reports`() {
    let early = Sample.site(stamp: Instant(microseconds: 0)).indexPage()
    let late = Sample.site(stamp: Instant(microseconds: 86_400_000_000)).indexPage()
    let lines = zip(early.html.split(separator: "\n"), late.html.split(separator: "\n"))
    #expect(lines.filter { $0 != $1 }.map { String($0.0) } == ["<p class=\"stamp\">Made 1970-01-01T00:00:00Z</p>"])
    #expect(early.htmlWithoutStamp == Sample.site().indexPage().html)
  }

  @Test func `a page that failed and one that is missing say so on their cards`() {
    let index = Self.pages[0].html
    #expect(index.contains("This analysis failed") && index.contains("This analysis has not been made"))
    #expect(Self.pages[3].html.contains("it failed"))
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("foobar", "Zm9vYmFy"),
  ])
  func `base64 is that of RFC 4648`(text: String, encoded: String) {
    #expect(Base64.text(of: Array(text.utf8)) == encoded)
  }

  @Test func `the assets are in the binary, and the theme names every colour that the rules use`() {
    let style = ReportAssets.styleSheet
    #expect(style.contains("--series-8:") && ReportAssets.script.contains("\"use strict\""))
    let used = Set(style.split(separator: "var(--").dropFirst().map { String($0.prefix { $0 != ")" }) })
    for name in used { #expect(style.contains("--\(name): "), "\(name) has no value in the theme") }
    for line in style.split(separator: "\n") where line.contains("#") && !line.contains("--") {
      Issue.record("a colour outside the theme: \(line)")
    }
  }
}
