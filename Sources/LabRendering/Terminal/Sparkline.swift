/// A small series as one line of blocks; zero is the ground, so that a flat series looks flat.
public enum Sparkline {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let asciiLevels: [Character] = ["_", ".", "-", "~", "=", "+", "*", "#"]

  /// The line, one character per value; a value that is none is a blank.
  ///
  /// - Parameter width: at most this many characters; of a longer series each stands for the greatest of several values.
  public static func text(_ values: [Double], width: Int = widest, ascii: Bool = false) -> String {
    text(values, perCharacter: valuesPerCharacter(values.count, width: width), ascii: ascii)
  }

  /// No line is wider, so that an eye can still count it.
  public static let widest = 60
  /// No line is made narrower for what stands beside it.
  static let narrowest = 16

  /// How many values share a character where `count` of them have `width` characters.
  static func valuesPerCharacter(_ count: Int, width: Int) -> Int {
    let width = max(1, width)
    return max(1, (count + width - 1) / width)
  }

  /// What a reader is told where characters stand for several values; nil where each has its own.
  static func remark(perCharacter count: Int) -> String? { count > 1 ? "greatest of every \(count)" : nil }

  static func text(_ values: [Double], perCharacter count: Int, ascii: Bool) -> String {
    let values = bucketed(values, by: count)
    let finite = values.filter(\.isFinite)
    guard let least = finite.min(), let greatest = finite.max() else { return "" }
    let (bottom, top) = (min(0, least), max(0, greatest))
    let levels = ascii ? asciiLevels : blocks
    return String(
      values.map { value -> Character in
        guard value.isFinite else { return " " }
        guard top > bottom else { return levels[0] }
        // Halved first, so that the span of two huge values is finite.
        let height = (value / 2 - bottom / 2) / (top / 2 - bottom / 2)
        return levels[min(levels.count - 1, max(0, Int((height * Double(levels.count - 1)).rounded())))]
      })
  }

  private static func bucketed(_ values: [Double], by count: Int) -> [Double] {
    guard count > 1 else { return values }
    return stride(from: 0, to: values.count, by: count).map { start in
      values[start..<min(start + count, values.count)].filter(\.isFinite).max() ?? .nan
    }
  }
}

/// A horizontal bar.
public enum Bar {
  private static let eighths: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]

  /// A bar of `fraction` (0 to 1, clamped) of `width` columns, in eighths of a column, or of `#` in ASCII. What is not
  /// zero shows at least its smallest piece.
  public static func text(_ fraction: Double, width: Int, ascii: Bool = false) -> String {
    guard fraction > 0, width > 0 else { return "" }
    let exact = min(fraction, 1) * Double(width)
    if ascii { return String(repeating: "#", count: max(1, Int(exact.rounded()))) }
    let parts = max(1, Int((exact * 8).rounded()))
    let rest = parts % 8
    return String(repeating: "█", count: parts / 8) + (rest > 0 ? String(eighths[rest - 1]) : "")
  }
}
