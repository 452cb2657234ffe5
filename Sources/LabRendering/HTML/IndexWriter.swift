import LabReport

/// Writes the content of the first page: what it cost, what to decide, whether the thresholds hold, and the way to the rest.
struct IndexWriter {
  let site: ReportSite
  let links: ReportLinks
  var markup = Markup()
  var files: [TableFile] = []

  mutating func write() {
    markup.open("article", ["class": "page index", "id": links.isSingle ? "summary" : nil])
    markup.element("h1", site.title)
    markup.raw("\n")
    if !site.description.isEmpty { markup.element("p", ["class": "question"], site.description) }
    var writer = BlockWriter(page: nil, links: links, drawsCharts: site.drawsCharts, blocks: [])
    writer.write(site.callouts.map { .callout($0) }, level: 2)
    markup.append(writer.markup)
    writer.markup = Markup()
    lead()
    figures()
    for list in site.lists where !list.sentences.isEmpty { write(list) }
    writer.write(site.tables.map { .table($0) }, level: 2)
    markup.append(writer.markup)
    files = writer.files
    cards()
    markup.raw("</article>\n")
  }

  private mutating func lead() {
    guard !site.lead.isEmpty else { return }
    markup.raw("<p class=\"summary\">")
    for (index, sentence) in site.lead.enumerated() {
      if index > 0 { markup.raw(" ") }
      markup.element("a", ["href": links.href(sentence.place)], sentence.text)
    }
    markup.raw("</p>\n")
  }

  private mutating func figures() {
    guard !site.figures.isEmpty else { return }
    markup.raw("<dl class=\"metrics\">")
    for figure in site.figures {
      markup.raw("<div class=\"metric primary\"><dt>")
      markup.element("a", ["href": links.href(figure.place)], figure.metric.label)
      markup.raw("</dt>")
      markup.element("dd", figure.metric.text)
      markup.raw("</div>")
    }
    markup.raw("</dl>\n")
  }

  private mutating func write(_ list: ReportSite.SentenceList) {
    markup.raw("<section class=\"part\">")
    markup.element("h2", list.title)
    markup.raw("\n<ol class=\"sentences\">\n")
    for sentence in list.sentences {
      markup.open("li", ["class": sentence.level?.rawValue])
      markup.open("a", ["href": links.href(sentence.place)])
      if let amount = sentence.amount { markup.element("b", ["class": "amount"], amount) }
      markup.raw("<span>")
      if let level = sentence.level, level != .info {
        markup.element("strong", BlockWriter.word(level))
        markup.raw(" ")
      }
      markup.write(sentence.text)
      markup.raw("</span></a></li>\n")
    }
    markup.raw("</ol></section>\n")
  }

  private mutating func cards() {
    var domains: [String] = []
    for page in site.pages where !domains.contains(page.domain) { domains.append(page.domain) }
    for domain in domains {
      markup.raw("<section class=\"part\">")
      markup.element("h2", domain)
      markup.raw("\n<ul class=\"cards\">\n")
      for page in site.pages where page.domain == domain { card(page) }
      markup.raw("</ul></section>\n")
    }
  }

  private mutating func card(_ page: ReportSite.Page) {
    markup.open("li", ["class": page.state == .complete ? "card" : "card off"])
    markup.raw("<h3>")
    markup.element("a", ["href": links.href(ReportPlace(page: page.id))], page.title)
    markup.raw("</h3>")
    markup.element("p", ["class": "asks"], page.question)
    switch page.state {
    case .failed: markup.raw("<p class=\"state\">This analysis failed; the page says why.</p>")
    case .missing: markup.raw("<p class=\"state\">This analysis has not been made.</p>")
    case .complete: break
    }
    if let finding = page.finding {
      markup.raw("<p class=\"finding\">")
      markup.element("a", ["href": links.href(finding.place)], finding.text)
      markup.raw("</p>")
    }
    if !page.figures.isEmpty {
      markup.raw("<dl>")
      for figure in page.figures {
        markup.raw("<div>")
        markup.element("dt", figure.label)
        markup.element("dd", figure.text)
        markup.raw("</div>")
      }
      markup.raw("</dl>")
    }
    markup.raw("</li>\n")
  }
}
