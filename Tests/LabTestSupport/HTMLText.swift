/// Looks at HTML as text, for tests that need no browser.
public enum HTMLText {
  /// The values of an attribute, in order, with the five escapes undone.
  public static func values(of attribute: String, in html: String) -> [String] {
    html.components(after: " \(attribute)=\"").map { part in
      var text = String(part.prefix { $0 != "\"" })
      for (escape, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")] {
        text = text.components(separated: escape).joined(separator: sign)
      }
      return text
    }
  }

  /// How often a text occurs.
  public static func count(of text: String, in html: String) -> Int { html.components(after: text).count }

  /// The contents of the data blocks for the script.
  public static func dataBlocks(in html: String) -> [String] {
    html.components(after: "<script type=\"application/json\">").map {
      String($0.components(separated: "</script>").first ?? "")
    }
  }
}

extension StringProtocol {
  fileprivate func components(separated separator: String) -> [SubSequence] {
    split(separator: separator, omittingEmptySubsequences: false)
  }
  fileprivate func components(after separator: String) -> [SubSequence] {
    Array(components(separated: separator).dropFirst())
  }
}
