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
  /// A note for each section that was left out, with the reason; nothing when the list is empty.
  public static func abstentions(_ abstentions: [Abstention]) -> [ReportBlock] {
    abstentions.map { .callout(Callout(.info, "\($0.section): not shown, since \($0.reason)")) }
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
