/// A small series as one line of blocks; zero is the ground, so that a flat series looks flat.
public enum Sparkline {
  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
  private static let asciiLevels: [Character] = ["_", ".", "-", "~", "=", "+", "*", "#"]

  /// The line, one character per value; a value that is none is a blank.
  ///
  /// - Parameter width: at most this many characters; longer series are bucketed by their greatest values.
  public static func text(_ values: [Double], width: Int = 40, ascii: Bool = false) -> String {
    let values = bucketed(values, width: max(1, width))
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

  private static func bucketed(_ values: [Double], width: Int) -> [Double] {
    guard values.count > width else { return values }
    return (0..<width).map { bucket in
      values[(values.count * bucket / width)..<(values.count * (bucket + 1) / width)].filter(\.isFinite).max() ?? .nan
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
