import LabCore

/// What one analyzer has to say, as plain values that every renderer reads.
public struct Report: Hashable, Sendable {
  /// The analyzer's id, such as `understanding`.
  public var id: String
  public var title: String
  /// The question that the report answers.
  public var question: String
  public var blocks: [ReportBlock]

  public init(id: String, title: String, question: String, blocks: [ReportBlock]) {
    self.id = id
    self.title = title
    self.question = question
    self.blocks = blocks
  }

  public init(id: String, title: String, question: String, @ReportBuilder blocks: () -> [ReportBlock]) {
    self.init(id: id, title: title, question: question, blocks: blocks())
  }
}

/// A part of a report. The enumeration is closed on purpose: a new kind makes every renderer learn it.
public enum ReportBlock: Hashable, Sendable {
  case metrics([Metric])
  case table(ReportTable)
  case chart(Chart)
  case callout(Callout)
  case recommendations([Recommendation])
  case section(Section)

  /// A titled group of blocks.
  public struct Section: Hashable, Sendable {
    public var title: String
    /// What the section shows, in a sentence; may be empty.
    public var text: String
    public var blocks: [ReportBlock]

    public init(_ title: String, text: String = "", blocks: [ReportBlock]) {
      self.title = title
      self.text = text
      self.blocks = blocks
    }

    public init(_ title: String, text: String = "", @ReportBuilder blocks: () -> [ReportBlock]) {
      self.init(title, text: text, blocks: blocks())
    }
  }
}

extension ReportBlock {
  /// The sections that were left out with their reasons, as one table; nothing when the list is empty.
  public static func abstentions(_ abstentions: [Abstention]) -> [ReportBlock] {
    guard !abstentions.isEmpty else { return [] }
    var reasons: [(reason: String, sections: [String])] = []
    for abstention in abstentions {
      if let index = reasons.firstIndex(where: { $0.reason == abstention.reason }) {
        reasons[index].sections.append(abstention.section)
      } else {
        reasons.append((abstention.reason, [abstention.section]))
      }
    }
    return [
      .table(
        ReportTable(
          id: "not_shown", title: "Not shown",
          columns: [.note("sections", "Section", priority: 0), .note("reason", "Because", priority: 0)],
          rows: reasons.map { [.text($0.sections.joined(separator: ", ")), .text($0.reason)] }))
    ]
  }
}

extension Report {
  /// All tables of the report, sections opened, in reading order.
  public var tables: [ReportTable] { Self.tables(in: blocks) }

  private static func tables(in blocks: [ReportBlock]) -> [ReportTable] {
    blocks.flatMap { block -> [ReportTable] in
      switch block {
      case .table(let table): [table]
      case .section(let section): tables(in: section.blocks)
      case .metrics, .chart, .callout, .recommendations: []
      }
    }
  }
}
