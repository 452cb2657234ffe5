import Foundation
import LabJSON
import LabReport
import LabTestSupport
import Testing

@Suite(.enabled(if: Browser.isPresent, Browser.absence)) struct ReportPagesTests {
  /// The facts of each page with its name below `reports`.
  private static func pages() throws -> [(name: String, facts: JSONNode)] {
    let root = try Gallery.shared.get().folder.file("reports/")
    return try Gallery.audits.get().map { facts in
      (String((facts["page"]?.string ?? "").dropFirst(root.count)), facts)
    }
  }

  @Test func `every page loads without a console message, a blocked or failed request, or a violated policy`() throws {
    let pages = try Self.pages()
    #expect(pages.count > 20)
    for page in pages {
      for list in ["messages", "requests", "failed", "violations"] {
        #expect(page.facts[list]?.strings == [], "\(page.name): \(list)")
      }
    }
  }

  @Test func `every chart has ink, and at most a thousand points`() throws {
    var canvases = 0
    // The hostile sample mixes kinds with contents that don't fit them; such a chart leaves its numbers instead.
    for page in try Self.pages() where page.name != "samples/hostile.html" {
      for canvas in page.facts["canvases"]?.array ?? [] {
        canvases += 1
        #expect(
          (canvas["count"]?.integer ?? 0) > 500 && (canvas["colors"]?.integer ?? 0) > 2,
          "\(page.name): \(canvas["label"]?.string ?? "") is blank")
      }
      for points in page.facts["points"]?.array ?? [] { #expect(points.integer <= Chart.pointLimit, "\(page.name)") }
    }
    #expect(canvases > 20)
  }

  @Test func `a page shows as many rows as its CSV has, up to 200`() throws {
    var tables = 0
    for page in try Self.pages() where page.name != "single.html" {
      for table in page.facts["tables"]?.array ?? [] {
        guard let rows = table["rows"]?.number?.integer, table["link"]?.string != nil else { continue }
        tables += 1
        let all = try #require(table["csv_rows"]?.number?.integer, "\(page.name) \(table["id"]?.string ?? "")")
        // A page that would be too large shows fewer.
        let allowed = Set([200, 100, 50, 25, 10].map { min(all, $0) })
        #expect(allowed.contains(rows), "\(page.name) \(table["id"]?.string ?? ""): \(rows) of \(all)")
      }
    }
    #expect(tables > 50)
  }

  @Test func `no page is wider than a telephone, and none of ours is larger than 200 kB`() throws {
    for page in try Self.pages() {
      #expect((page.facts["overflow"]?.integer ?? 1) <= 0, "\(page.name)")
      if !page.name.hasPrefix("samples/"), !page.name.hasPrefix("single") {
        #expect((page.facts["bytes"]?.integer ?? 0) <= 200_000, "\(page.name)")
      }
    }
  }

  @Test func `hostile names are text everywhere: no element, handler or script comes from data`() throws {
    for page in try Self.pages() {
      #expect(page.facts["styled"]?.integer == 0 && page.facts["foreign"]?.integer == 0, "\(page.name)")
      #expect((page.facts["scripts"]?.array?.count ?? 9) == 2, "\(page.name): ours and the chart library")
      let text = page.facts["text"]?.string ?? ""
      #expect(!text.unicodeScalars.contains { $0.value == 0x202e || $0.value == 0x2066 }, "\(page.name)")
    }
    let hostile = try Self.pages().filter { $0.name.hasPrefix("hostile/") }
    #expect(hostile.contains { $0.facts["text"]?.string?.contains("<script>alert(1)</script>") == true })
  }

  @Test func `axe-core finds no violation, in light and in dark`() throws {
    var looked = 0
    for page in try Self.pages() {
      guard let found = page.facts["axe"] else { continue }
      looked += 1
      #expect(found.strings == [], "\(page.name)")
    }
    #expect(looked > 5)
  }

  @Test func `tables sort by a click and by the keyboard, and say so`() throws {
    var sorted = 0
    for page in try Self.pages() {
      guard let sorting = page.facts["sorting"], sorting["falling"] != nil else { continue }
      sorted += 1
      func values(_ key: String) -> [Double] {
        (sorting[key]?["values"]?.strings ?? []).compactMap { Double($0.filter { !"$,%".contains($0) }) }
      }
      #expect(sorting["falling"]?["sort"]?.string == "descending" && sorting["rising"]?["sort"]?.string == "ascending")
      #expect(values("falling") == values("falling").sorted(by: >), "\(page.name)")
      #expect(values("rising") == values("rising").sorted(), "\(page.name)")
      #expect(values("rising").count == values("before").count)
      #expect(sorting["focused"]?.boolean == true && sorting["keyboard"]?.strings.count == 1)
    }
    #expect(sorted > 1)
  }

  @Test func `a click on CSV downloads the whole table`() throws {
    var downloads = 0
    for page in try Self.pages() {
      guard let download = page.facts["download"] else { continue }
      downloads += 1
      #expect(download["name"]?.string?.hasSuffix(".csv") == true)
      #expect((download["rows"]?.integer ?? 0) >= (download["table"]?.integer ?? 1), "\(page.name)")
    }
    #expect(downloads > 1)
  }

  @Test func `without JavaScript every row is there and no empty canvas is shown`() throws {
    let folder = try Gallery.shared.get().folder
    let jobs = ["showcase/understanding.html", "samples/understanding.html", "single.html"].map {
      Browser.Job(page: folder.file("reports/" + $0), plain: true)
    }
    for facts in try Browser.audit(jobs) {
      #expect((facts["rows"]?.integer ?? 0) > 0 && facts["hidden"]?.integer == 0 && facts["canvas"]?.integer == 0)
    }
  }
}
