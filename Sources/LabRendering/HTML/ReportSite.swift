import LabCore
import LabReport

/// A whole report as values: what its pages are made from. Making the pages reads no file and no clock.
public struct ReportSite: Sendable {
  /// The page of one analyzer.
  public struct Page: Sendable {
    public enum State: Hashable, Sendable {
      case complete
      /// The analysis failed; the sentence is on the page.
      case failed
      /// It has not been made.
      case missing
    }
    /// The analyzer's id, which names the page.
    public var id: String
    public var title: String
    public var question: String
    /// The group that its card stands in.
    public var domain: String
    public var state: State
    public var blocks: [ReportBlock]
    /// The figures on its card.
    public var figures: [Metric]
    /// The finding on its card, with the place that shows it.
    public var finding: Sentence?
    /// How the figures come about: sentences, and the limits that the rules contain.
    public var method: [String]
    public var limits: [(name: String, value: String, reason: String)]

    public init(
      id: String, title: String, question: String, domain: String, state: State, blocks: [ReportBlock],
      figures: [Metric] = [], finding: Sentence? = nil, method: [String] = [],
      limits: [(name: String, value: String, reason: String)] = []
    ) {
      self.id = id
      self.title = title
      self.question = question
      self.domain = domain
      self.state = state
      self.blocks = blocks
      self.figures = figures
      self.finding = finding
      self.method = method
      self.limits = limits
    }
  }

  /// A sentence with the place that proves it.
  public struct Sentence: Hashable, Sendable {
    public var text: String
    public var place: ReportPlace
    /// How much it matters; nil for a plain statement.
    public var level: Callout.Level?
    /// The money that it is about, in words; nil when it is about none.
    public var amount: String?

    public init(_ text: String, at place: ReportPlace, level: Callout.Level? = nil, amount: String? = nil) {
      self.text = text
      self.place = place
      self.level = level
      self.amount = amount
    }
  }

  /// A titled list of sentences.
  public struct SentenceList: Sendable {
    public var title: String
    public var sentences: [Sentence]

    public init(_ title: String, _ sentences: [Sentence]) {
      self.title = title
      self.sentences = sentences
    }
  }

  /// Where the chart library comes from.
  public enum Charts: Hashable, Sendable {
    /// A file of the report, or in a single file the text itself.
    case included(String)
    /// A URL that the browser loads it from.
    case network(url: String)
    /// There is none; the words say how to get it.
    case none(String)
  }

  public var title: String
  public var description: String
  /// The first sentences: what it cost, with their places.
  public var lead: [Sentence]
  /// The large figures of the first page with the places that prove them.
  public var figures: [(metric: Metric, place: ReportPlace)]
  public var lists: [SentenceList]
  /// Callouts about the data as a whole.
  public var callouts: [Callout]
  public var tables: [ReportTable]
  public var pages: [Page]
  /// What the report was made from: label and value.
  public var facts: [(label: String, value: String)]
  public var version: String
  public var stamp: Instant?
  public var charts: Charts

  public init(
    title: String, description: String, lead: [Sentence], figures: [(metric: Metric, place: ReportPlace)],
    lists: [SentenceList], callouts: [Callout], tables: [ReportTable], pages: [Page],
    facts: [(label: String, value: String)], version: String, stamp: Instant?, charts: Charts
  ) {
    self.title = title
    self.description = description
    self.lead = lead
    self.figures = figures
    self.lists = lists
    self.callouts = callouts
    self.tables = tables
    self.pages = pages
    self.facts = facts
    self.version = version
    self.stamp = stamp
    self.charts = charts
  }
}

/// One page that was made, with the tables that it links to.
public struct RenderedPage: Sendable {
  /// `understanding.html`.
  public var name: String
  public var title: String
  public var html: String
  public var tables: [TableFile]
  /// The line of the page that tells the time; nil when it has none.
  public var stampLine: String?

  /// The page without the line that tells the time: what is the same for the same input.
  public var htmlWithoutStamp: String {
    guard let stampLine, let range = html.firstRange(of: stampLine) else { return html }
    return html.replacingSubrange(range)
  }
}

extension String {
  fileprivate func replacingSubrange(_ range: Range<String.Index>) -> String {
    String(self[..<range.lowerBound] + self[range.upperBound...])
  }
}

extension ReportSite {
  /// The first page.
  public func indexPage() -> RenderedPage {
    let links = ReportLinks(isSingle: false)
    var body = IndexWriter(site: self, links: links)
    body.write()
    return RenderedPage(
      name: ReportLinks.fileName(of: nil), title: title,
      html: PageFrame(site: self, links: links).page(nil, title: title, body: body.markup), tables: body.files,
      stampLine: stampLine)
  }

  /// The line that differs between two reports on the same data.
  var stampLine: String? {
    stamp.map { "<p class=\"stamp\">Made \($0.formatted(fractionDigits: 0))</p>\n" }
  }

  /// No page is larger, whatever the data is.
  static let pageLimit = 200_000
  /// The rows that tables are cut to until a page is small enough.
  static let rowLimits = [TableWriter.rowLimit, 100, 50, 25, 10]

  /// The page of an analyzer.
  public func page(_ page: Page) -> RenderedPage {
    for limit in Self.rowLimits {
      let rendered = self.page(page, rowLimit: limit)
      if rendered.html.utf8.count <= Self.pageLimit { return rendered }
    }
    return self.page(page, rowLimit: Self.rowLimits.last ?? 0)
  }

  private func page(_ page: Page, rowLimit: Int) -> RenderedPage {
    let links = ReportLinks(isSingle: false)
    var body = PageWriter(site: self, page: page, links: links, rowLimit: rowLimit)
    body.write()
    return RenderedPage(
      name: ReportLinks.fileName(of: page.id), title: page.title,
      html: PageFrame(site: self, links: links).page(page.id, title: "\(page.title) – \(title)", body: body.markup),
      tables: body.files)
  }

  /// All pages as one file that needs no other.
  public func singlePage() -> RenderedPage {
    let links = ReportLinks(isSingle: true)
    var index = IndexWriter(site: self, links: links)
    index.write()
    var body = index.markup
    for page in pages {
      var part = PageWriter(site: self, page: page, links: links)
      part.write()
      body.append(part.markup)
    }
    return RenderedPage(
      name: ReportLinks.fileName(of: nil), title: title,
      html: PageFrame(site: self, links: links).page(nil, title: title, body: body), tables: [], stampLine: stampLine)
  }

  /// The page of the analyzer with an id.
  public func page(of id: String) -> RenderedPage? { pages.first { $0.id == id }.map { page($0) } }

  /// Whether the pages have charts.
  var drawsCharts: Bool { if case .none = charts { false } else { true } }
}
