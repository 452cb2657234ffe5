import LabRendering
import NIOCore

/// The page of the viewer itself: files that the binary carries.
enum PageFiles {
  private static let answers: [String: Answer] = {
    var answers: [String: Answer] = [:]
    for (name, text) in contents {
      guard let type = ReportShelf.type(of: name) else { continue }
      // The colours are those of the reports.
      let theme = name == "viewer.css" ? ReportAssets.theme : ""
      answers[name] = Answer(type: type, body: ByteBuffer(string: theme + text.description))
    }
    return answers
  }()

  /// The answer with a file of the page, or nil.
  static func answer(for name: String) -> Answer? { answers[name] }
}
