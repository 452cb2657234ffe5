import LabReport

/// A place of a report: a page and, where it is not the whole page, a spot on it.
public struct ReportPlace: Hashable, Sendable {
  /// The analyzer's id; nil for the first page.
  public var page: String?
  public var anchor: String?

  public init(page: String?, anchor: String? = nil) {
    self.page = page
    self.anchor = anchor
  }
}

/// How the places of a report are named: as pages beside each other, or as parts of one file.
struct ReportLinks: Sendable {
  var isSingle: Bool

  /// The `id` attribute of a spot on a page.
  func id(_ anchor: String, on page: String?) -> String {
    guard isSingle, let page else { return anchor }
    return Self.slug(page) + "." + anchor
  }

  /// The `href` that leads to a place.
  func href(_ place: ReportPlace) -> String {
    if isSingle {
      guard let anchor = place.anchor else { return "#" + Self.slug(place.page ?? "summary") }
      return "#" + id(anchor, on: place.page)
    }
    return Self.fileName(of: place.page) + (place.anchor.map { "#" + $0 } ?? "")
  }

  /// `understanding.html`; the first page is `index.html`.
  static func fileName(of page: String?) -> String { (page.map { slug($0) } ?? "index") + ".html" }

  /// The text as part of an id or of a file's name: ASCII letters, digits, `_` and `-`, at most 80 of them.
  static func slug(_ text: String) -> String {
    var result = ""
    for byte in text.utf8.prefix(80) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default: result += "-"
      }
    }
    return result.isEmpty ? "-" : result
  }
}

/// Gives every block of a page its name, the same whoever asks: ids of tables and charts, numbers in reading order for
/// callouts and recommendations.
struct PageAnchors: Sendable {
  private var used: Set<String> = []
  private var callouts = 0
  private var actions = 0

  init() {}

  mutating func next(table: ReportTable) -> String { unique("table-" + ReportLinks.slug(table.id)) }
  mutating func next(chart: Chart) -> String { unique("chart-" + ReportLinks.slug(chart.id)) }
  mutating func next(metric: Metric) -> String { unique("metric-" + ReportLinks.slug(metric.id)) }
  mutating func nextCallout() -> String {
    callouts += 1
    return "note-\(callouts)"
  }
  mutating func nextAction() -> String {
    actions += 1
    return "action-\(actions)"
  }
  mutating func next(section title: String) -> String {
    unique("part-" + ReportLinks.slug(title.lowercased()))
  }

  private mutating func unique(_ name: String) -> String {
    var candidate = name
    var number = 2
    while !used.insert(candidate).inserted {
      candidate = "\(name)-\(number)"
      number += 1
    }
    return candidate
  }
}
