import LabCore

/// What stands around the content of every page: head, policy, way to the other pages, foot.
struct PageFrame {
  let site: ReportSite
  let links: ReportLinks

  /// The page as a whole document.
  ///
  /// - Parameter current: the analyzer whose page it is; nil for the first page.
  func page(_ current: String?, title: String, body: Markup) -> String {
    var markup = Markup()
    markup.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    markup.open("meta", ["http-equiv": "Content-Security-Policy", "content": policy])
    markup.raw("\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    markup.raw(
      "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
    markup.element("title", title)
    markup.raw("\n")
    markup.open("link", ["rel": "icon", "href": Self.icon])
    markup.raw("\n")
    assets(&markup)
    markup.raw("</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to the content</a>\n")
    markup.raw("<header class=\"top\">")
    markup.open("a", ["class": "home", "href": links.href(ReportPlace(page: nil))])
    markup.write(site.title)
    markup.raw("</a><span class=\"by\">finops-lab</span></header>\n<div class=\"frame\">\n")
    navigation(current, &markup)
    markup.raw("<main id=\"main\">\n")
    markup.append(body)
    markup.raw("</main>\n</div>\n")
    foot(current, &markup)
    markup.raw("</body>\n</html>\n")
    return markup.text
  }

  /// Nothing is allowed but what the report brings itself. What a policy in a page can't say (framing) is the server's.
  private var policy: String {
    let network = if case .network(let url) = site.charts { " " + url } else { "" }
    let rest = "img-src data:; base-uri 'none'; form-action 'none'"
    guard links.isSingle else { return "default-src 'none'; script-src 'self'\(network); style-src 'self'; \(rest)" }
    let scripts = (library.map { [$0] } ?? []) + [ReportAssets.script]
    let hashes = scripts.map { Self.source(of: $0) }.joined(separator: " ")
    return
      "default-src 'none'; script-src \(hashes)\(network); style-src \(Self.source(of: ReportAssets.styleSheet)); \(rest)"
  }

  private var library: String? { if case .included(let text) = site.charts { text } else { nil } }

  /// `'sha256-…'`, the hash of an inline script or style.
  private static func source(of text: String) -> String {
    let digits = Array(SHA256.hexDigest(of: Array(text.utf8)).utf8)
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap {
      UInt8(String(decoding: digits[$0...($0 + 1)], as: UTF8.self), radix: 16)
    }
    return "'sha256-\(Base64.text(of: bytes))'"
  }

  private func assets(_ markup: inout Markup) {
    if links.isSingle {
      markup.raw("<style>")
      markup.asset(ReportAssets.styleSheet)
      markup.raw("</style>\n")
    } else {
      markup.raw("<link rel=\"stylesheet\" href=\"assets/report.css\">\n")
    }
    if case .network(let url) = site.charts {
      markup.open("script", ["src": url, "defer": links.isSingle ? nil : ""])
      markup.raw("</script>\n")
    }
    if links.isSingle { return }
    if library != nil { markup.raw("<script src=\"assets/chart.min.js\" defer></script>\n") }
    markup.raw("<script src=\"assets/report.js\" defer></script>\n")
  }

  private func navigation(_ current: String?, _ markup: inout Markup) {
    markup.raw("<nav class=\"pages\" aria-label=\"Pages of this report\"><ul>\n")
    link("Summary", nil, current, &markup)
    var domain = ""
    for page in site.pages {
      if page.domain != domain {
        domain = page.domain
        markup.element("li", ["class": "group"], domain)
      }
      link(page.title, page.id, current, &markup)
    }
    markup.raw("</ul></nav>\n")
  }

  private func link(_ title: String, _ page: String?, _ current: String?, _ markup: inout Markup) {
    markup.raw("<li>")
    markup.element(
      "a",
      [
        "href": links.href(ReportPlace(page: page)),
        "aria-current": page == current && !links.isSingle ? "page" : nil,
      ], title)
    markup.raw("</li>\n")
  }

  private func foot(_ current: String?, _ markup: inout Markup) {
    markup.raw("<footer class=\"foot\">\n")
    if case .none(let words) = site.charts { markup.element("p", ["class": "charts"], words) }
    markup.raw("<dl>")
    for fact in site.facts {
      markup.raw("<div>")
      markup.element("dt", fact.label)
      markup.element("dd", fact.value)
      markup.raw("</div>")
    }
    markup.raw("</dl>\n")
    if current == nil, let line = site.stampLine { markup.asset(line) }
    markup.raw("</footer>\n")
    guard links.isSingle else { return }
    for script in (library.map { [$0] } ?? []) + [ReportAssets.script] {
      markup.raw("<script>")
      markup.asset(script)
      markup.raw("</script>\n")
    }
  }

  /// Three bars in the accent colour of the theme.
  private static let icon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b5cad' d='M1 9h4v6H1zM6 5h4v10H6zM11 1h4v14h-4z'/%3E%3C/svg%3E"
}
