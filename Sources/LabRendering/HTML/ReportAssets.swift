/// The style sheet and the script of the reports: files of the folder `assets`, which the build puts into the binary.
public enum ReportAssets {
  /// The theme: every colour, light and dark.
  public static let theme = text(of: "theme.css")

  /// One style sheet: the theme, then the rules.
  public static let styleSheet = theme + text(of: "report.css")

  /// One script: sorting, folding, downloads, charts. It reads its colours from the style sheet.
  public static let script = text(of: "report.js")

  private static func text(of name: String) -> String {
    contents.first { $0.name == name }?.text.description ?? ""
  }
}
