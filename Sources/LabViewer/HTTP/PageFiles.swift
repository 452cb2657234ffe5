import LabPipeline
import NIOCore

/// The page of the viewer itself: files that the binary carries.
enum PageFiles {
  private static let answers: [String: Answer] = {
    var answers: [String: Answer] = [:]
    for (name, text) in contents {
      guard let type = ReportShelf.type(of: name) else { continue }
      answers[name] = Answer(type: type, body: ByteBuffer(string: text.description))
    }
    return answers
  }()

  /// The answer with a file of the page, or nil.
  static func answer(for name: String) -> Answer? { answers[name] }
}
