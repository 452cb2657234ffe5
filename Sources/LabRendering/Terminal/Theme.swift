/// What a piece of terminal text is, and the colour that it gets. Whether there is colour (NO_COLOR and its kin) is the
/// caller's decision: ``plain`` writes no escape sequence at all.
public struct Theme: Sendable {
  public enum Role: Sendable, CaseIterable {
    case heading, tableHead, label, dim, accent, good, warning, critical
  }

  /// Whether anything is coloured.
  public let hasColor: Bool

  public static let plain = Theme(hasColor: false)
  /// The 8 basic colours and bold, which every terminal shows readably on light and dark grounds.
  public static let color = Theme(hasColor: true)

  /// The text in the colour of its role.
  public func paint(_ text: String, _ role: Role) -> String {
    guard hasColor, !text.isEmpty else { return text }
    return "\u{1b}[\(Self.code(of: role))m\(text)\u{1b}[0m"
  }

  /// SGR parameters (ECMA-48, 8.3.117).
  private static func code(of role: Role) -> String {
    switch role {
    case .heading: "1"
    case .tableHead: "1"
    case .label: "0"
    case .dim: "2"
    case .accent: "36"
    case .good: "32"
    case .warning: "33"
    case .critical: "1;31"
    }
  }
}

/// How a terminal shows things.
public struct TerminalStyle: Sendable {
  /// Columns; what is less than 20 counts as 20.
  public var width: Int
  public var theme: Theme
  /// Whether only ASCII is written.
  public var ascii: Bool
  /// At most this many rows of a table are shown, whatever its own limit is; nil: its own limit.
  public var rowLimit: Int?

  public init(width: Int = 80, color: Bool = false, ascii: Bool = false, rowLimit: Int? = nil) {
    self.width = max(20, min(width, 1000))
    theme = color ? .color : .plain
    self.ascii = ascii
    self.rowLimit = rowLimit
  }

  /// Text from data or from us, made safe and plain as the terminal needs it.
  public func safe(_ text: String) -> String { SafeText.line(text, ascii: ascii) }
}
