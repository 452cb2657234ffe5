import LabRendering

/// Words side by side in columns, as shells list completions.
enum ChoiceColumns {
  /// More words than this scroll what was typed away.
  private static let limit = 200

  /// Lines that end in a carriage return and a line feed, since the terminal is raw while a line is edited.
  static func text(_ words: [String], width: Int) -> String {
    let shown = words.prefix(limit).map { SafeText.line($0) }
    let column = (shown.map { DisplayWidth.of($0) }.max() ?? 0) + 2
    let count = max(1, max(20, width) / max(1, column))
    let rows = (shown.count + count - 1) / count
    var text = ""
    for row in 0..<rows {
      var line = ""
      for place in stride(from: row, to: shown.count, by: rows) {
        line += place + rows < shown.count ? TextLayout.pad(shown[place], to: column) : shown[place]
      }
      text += line + "\r\n"
    }
    if words.count > limit { text += "… and \(words.count - limit) more\r\n" }
    return text
  }
}
