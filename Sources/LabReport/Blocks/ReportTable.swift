import LabCore

/// A table with typed cells. It holds the rows that are shown, and says of how many they are the first.
public struct ReportTable: Hashable, Sendable {
  public struct Column: Hashable, Sendable {
    public enum Alignment: String, Hashable, Sendable { case leading, trailing }
    /// A key names the row; a measure is a figure about it; a share can be drawn as a bar.
    public enum Role: String, Hashable, Sendable { case key, measure, share, note }

    /// The stable name, such as `cost_usd`.
    public var id: String
    public var title: String
    public var unit: Unit
    public var alignment: Alignment
    public var role: Role
    /// What may go first where the width doesn't hold all columns: the greatest number; 0 always stays.
    public var priority: Int

    /// - Parameters:
    ///   - alignment: leading for keys and notes, trailing for figures, unless given.
    ///   - priority: 0 for keys, 1 for the rest, unless given.
    public init(
      _ id: String, _ title: String, unit: Unit = .none, role: Role = .measure, alignment: Alignment? = nil,
      priority: Int? = nil
    ) {
      self.id = id
      self.title = title
      self.unit = unit
      self.role = role
      self.alignment = alignment ?? (role == .key || role == .note ? .leading : .trailing)
      self.priority = priority ?? (role == .key ? 0 : 1)
    }

    /// A column that names the row.
    public static func key(_ id: String, _ title: String) -> Column { Column(id, title, role: .key) }
    /// A column of words about the row.
    public static func note(_ id: String, _ title: String, priority: Int? = nil) -> Column {
      Column(id, title, role: .note, priority: priority)
    }

    /// The title with its unit, where neither cells nor title say it: `p95 latency (ms)`, but `Cost` and `Per call`.
    public var titleWithUnit: String {
      unit.headSymbol.isEmpty || unit.isSaid(by: title) ? title : "\(title) (\(unit.headSymbol))"
    }
  }

  public var id: String
  public var title: String
  public var columns: [Column]
  /// As many cells per row as there are columns; missing ones are empty.
  public var rows: [[Cell]]
  /// A last row of sums over the whole, or nil.
  public var totals: [Cell]?
  /// At most this many rows are shown on a page or screen; the CSV has all rows. Nil: all.
  public var shownLimit: Int?
  /// How many rows the whole has, when ``rows`` holds only the first of them; else the number of rows.
  public var totalCount: Int
  /// How the rows are ordered: `by cost, largest first`.
  public var sortNote: String?
  /// A remark below the table.
  public var note: String?

  public init(
    id: String, title: String, columns: [Column], rows: [[Cell]], totals: [Cell]? = nil, shownLimit: Int? = nil,
    totalCount: Int? = nil, sortNote: String? = nil, note: String? = nil
  ) {
    self.id = id
    self.title = title
    self.columns = columns
    self.rows = rows
    self.totals = totals
    self.shownLimit = shownLimit
    self.totalCount = max(totalCount ?? rows.count, rows.count)
    self.sortNote = sortNote
    self.note = note
  }

  /// The rows to show under a renderer's own limit.
  public func shownRows(atMost limit: Int? = nil) -> ArraySlice<[Cell]> {
    rows.prefix(max(0, min(shownLimit ?? .max, limit ?? .max)))
  }

  /// `top 15 of 482, by cost, largest first`; nil when all rows are shown and no order is noted.
  public func coverage(shown: Int) -> String? {
    let count =
      shown >= totalCount
      ? nil : "top \(NumberFormat.grouped(shown)) of \(NumberFormat.grouped(totalCount))"
    let parts = [count, sortNote].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }
}
