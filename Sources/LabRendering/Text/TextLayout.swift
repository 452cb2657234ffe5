/// Cutting, padding and wrapping of text by columns. All texts must have gone through ``SafeText``.
public enum TextLayout {
  public enum Alignment: Sendable { case leading, trailing }

  /// The text cut to `width` columns, with an ellipsis where something was cut.
  public static func cut(_ text: String, to width: Int, ascii: Bool = false) -> String {
    guard width > 0 else { return "" }
    if text.utf8.count <= width || DisplayWidth.of(text) <= width { return text }
    let mark = ascii ? "..." : "…"
    let markWidth = min(ascii ? 3 : 1, width)
    var kept = ""
    var used = 0
    for character in text {
      let columns = DisplayWidth.of(character)
      if used + columns > width - markWidth { break }
      kept.append(character)
      used += columns
    }
    return kept + mark.prefix(markWidth)
  }

  /// The text filled with blanks to `width` columns.
  public static func pad(_ text: String, to width: Int, _ alignment: Alignment = .leading) -> String {
    let missing = width - DisplayWidth.of(text)
    guard missing > 0 else { return text }
    let blanks = String(repeating: " ", count: missing)
    return alignment == .leading ? text + blanks : blanks + text
  }

  /// The text in lines of at most `width` columns, broken between words, and inside one only when it is wider than a line,
  /// then after a `.`, `/`, `_` or `-` where one fits.
  public static func wrap(_ text: String, to width: Int) -> [String] {
    let width = max(width, 2)
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in text.split(separator: " ") {
      var rest = String(word)
      var columns = DisplayWidth.of(rest)
      if !line.isEmpty, used + 1 + columns <= width {
        line += " " + rest
        used += 1 + columns
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while columns > width {
        let piece = part(of: head(of: rest, width: width))
        lines.append(piece)
        rest.removeFirst(piece.count)
        columns = DisplayWidth.of(rest)
      }
      line = rest
      used = columns
    }
    if !line.isEmpty || lines.isEmpty { lines.append(line) }
    return lines
  }

  /// The piece up to its last sign that parts a name, with all that stands before it; the whole without one.
  private static func part(of piece: String) -> String {
    guard let sign = piece.lastIndex(where: { $0 == "." || $0 == "/" || $0 == "_" || $0 == "-" }),
      piece[..<sign].contains(where: { $0.isLetter || $0.isNumber })
    else { return piece }
    return String(piece[...sign])
  }

  /// The first clusters that fit; at least one.
  private static func head(of text: String, width: Int) -> String {
    var head = ""
    var used = 0
    for character in text {
      let columns = DisplayWidth.of(character)
      if used + columns > width, !head.isEmpty { break }
      head.append(character)
      used += columns
    }
    return head
  }
}
