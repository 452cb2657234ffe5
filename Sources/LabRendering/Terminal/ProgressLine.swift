import LabCore
import LabReport

/// The line that shows how far a run is, as text; drawing it again and again is the command line's work.
public struct ProgressLine: Sendable {
  /// What is being done: `simulating`.
  public var label: String
  /// 0 to 1, or nil when the length is not known.
  public var fraction: Double?
  public var rows: Int64
  public var rowsPerSecond: Double?
  public var secondsLeft: Double?

  public init(
    label: String, fraction: Double?, rows: Int64, rowsPerSecond: Double? = nil, secondsLeft: Double? = nil
  ) {
    self.label = label
    self.fraction = fraction
    self.rows = rows
    self.rowsPerSecond = rowsPerSecond
    self.secondsLeft = secondsLeft
  }

  /// `simulating [█████░░░░░]  52%  1.2M rows  2.1M rows/s  4 s left`, in less than `width` columns: what doesn't fit is
  /// left out, the least important first (rate, rows, time left, bar), and one column stays free so that no line wraps.
  public func text(width: Int, ascii: Bool = false) -> String {
    let room = max(8, width - 1)
    let label = SafeText.line(label, ascii: ascii)
    let percent = fraction.map { part in
      // 100% is said when it is done, not when it is nearly done.
      TextLayout.pad("\(Int((min(max(part.isNaN ? 0 : part, 0), 1) * 100).rounded(.down)))%", to: 4, .trailing)
    }
    let count = NumberFormat.compact(Double(rows)) + " rows"
    let rate = rowsPerSecond.flatMap { $0.isFinite && $0 >= 0 ? NumberFormat.compact($0) + " rows/s" : nil }
    let left = secondsLeft.flatMap { $0.isFinite && $0 >= 0 && $0 < 1e8 ? Self.time($0) + " left" : nil }
    let selections: [[String?]] = [
      [percent, count, rate, left], [percent, count, left], [percent, left], [percent], [],
    ]
    let texts = selections.map { $0.compactMap { $0 }.joined(separator: "  ") }
    func columns(_ words: String) -> Int { DisplayWidth.of(label) + (words.isEmpty ? 0 : 2 + words.utf8.count) }
    if let fraction, let words = texts.first(where: { !$0.isEmpty && room - columns($0) >= Self.narrowestBar + 3 }) {
      let bar = Self.bar(fraction, width: min(Self.widestBar, room - columns(words) - 3), ascii: ascii)
      return "\(label) [\(bar)] \(words)"
    }
    if let words = texts.first(where: { columns($0) <= room }) { return words.isEmpty ? label : "\(label)  \(words)" }
    return percent.map { TextLayout.cut($0.trimmingBlanks, to: room, ascii: ascii) }
      ?? TextLayout.cut(label, to: room, ascii: ascii)
  }

  /// A bar says nothing below 12 columns and no more beyond 30.
  private static let narrowestBar = 12
  private static let widestBar = 30

  private static func bar(_ fraction: Double, width: Int, ascii: Bool) -> String {
    let full = Int((min(max(fraction.isNaN ? 0 : fraction, 0), 1) * Double(width)).rounded(.down))
    return String(repeating: ascii ? "#" : "█", count: full) + String(repeating: ascii ? "." : "░", count: width - full)
  }

  /// Whole units, since a time left is a guess: `4 s`, `3 min`, `2 h 10 min`.
  private static func time(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded(.up))
    if whole < 100 { return "\(whole) s" }
    if whole < 5400 { return "\((whole + 30) / 60) min" }
    return "\(whole / 3600) h \(whole % 3600 / 60) min"
  }
}

extension String {
  /// The text without blanks at its front.
  fileprivate var trimmingBlanks: String { String(drop { $0 == " " }) }
}
