/// How many columns of a terminal a text takes.
///
/// The unit is the grapheme cluster, as a person sees it: an accent adds nothing to its letter, a family of emoji is one
/// picture of two columns, a flag is two. The ranges are Unicode's East Asian widths (UAX 11) and general categories.
public enum DisplayWidth {
  /// The columns of a text; control characters, which ``SafeText`` takes out, count nothing.
  public static func of(_ text: some StringProtocol) -> Int {
    let bytes = text.utf8
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return bytes.count }
    return text.reduce(0) { $0 + of($1) }
  }

  /// The columns of one grapheme cluster: 0, 1, 2, or the sum of its letters where several stand side by side.
  public static func of(_ character: Character) -> Int {
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return 0 }
    if scalars.count == 1 { return of(first) }
    if isRegionalIndicator(first) { return 2 }
    var width = of(first)
    var joined = false
    var last = first
    for scalar in scalars.dropFirst() {
      switch scalar.value {
      case 0xfe0f:
        if width == 1, contains(pictureOnRequest, last.value) { width = 2 }
      case 0x200d: joined = true
      case 0x1f3fb...0x1f3ff: break  // A skin tone colours the picture before it.
      default:
        if !joined || !scalar.properties.isEmoji { width += of(scalar) }
        joined = false
      }
      last = scalar
    }
    return width
  }

  /// The columns of one scalar that stands alone.
  public static func of(_ scalar: Unicode.Scalar) -> Int {
    let code = scalar.value
    if code < 0x20 || (code >= 0x7f && code < 0xa0) { return 0 }
    if code < 0x300 { return code == 0 ? 0 : 1 }
    if contains(zeroWidth, code) { return 0 }
    return contains(wide, code) ? 2 : 1
  }

  private static func isRegionalIndicator(_ scalar: Unicode.Scalar) -> Bool {
    (0x1f1e6...0x1f1ff).contains(scalar.value)
  }

  /// Binary search in sorted ranges.
  private static func contains(_ ranges: [(UInt32, UInt32)], _ code: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if code > ranges[middle].1 {
        low = middle + 1
      } else if code < ranges[middle].0 {
        high = middle
      } else {
        return true
      }
    }
    return false
  }
}
