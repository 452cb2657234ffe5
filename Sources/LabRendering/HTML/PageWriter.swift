import LabReport

/// Writes the content of an analyzer's page.
struct PageWriter {
  let site: ReportSite
  let page: ReportSite.Page
  let links: ReportLinks
  var rowLimit = TableWriter.rowLimit
  var markup = Markup()
  var files: [TableFile] = []

  mutating func write() {
    let level = links.isSingle ? 2 : 1
    markup.open(
      "article", ["class": "page", "id": links.isSingle ? ReportLinks.slug(page.id) : nil])
    markup.element("p", ["class": "domain"], page.domain)
    markup.heading(level, page.title)
    markup.raw("\n")
    markup.element("p", ["class": "question"], page.question)
    markup.raw("\n")
    var writer = BlockWriter(
      page: page.id, links: links, drawsCharts: site.drawsCharts, rowLimit: rowLimit, blocks: page.blocks)
    writer.write(page.blocks, level: level + 1)
    markup.append(writer.markup)
    method()
    markup.raw("</article>\n")
    files = writer.files
  }

  /// How the figures come about, folded away for those who want to check.
  private mutating func method() {
    guard !page.method.isEmpty || !page.limits.isEmpty else { return }
    markup.raw("<details class=\"method\"><summary>How these figures come about</summary>\n")
    if !page.method.isEmpty {
      markup.raw("<ul>")
      for sentence in page.method { markup.element("li", sentence) }
      markup.raw("</ul>\n")
    }
    if !page.limits.isEmpty {
      markup.raw("<dl>")
      for limit in page.limits {
        markup.raw("<div>")
        markup.element("dt", "\(limit.name): \(limit.value)")
        markup.element("dd", limit.reason)
        markup.raw("</div>")
      }
      markup.raw("</dl>\n")
    }
    markup.raw("</details>\n")
  }
}
