import LabCore
import LabPipeline
import LabRendering

/// Where a session writes: the terminal, or the transcript of a test.
public protocol SessionOutput: AnyObject, Sendable {
  /// How results look, and how wide they may be now.
  var style: TerminalStyle { get }
  /// The lines that fit on the screen; nil when there is none, so that nothing is paged.
  var screenLines: Int? { get }

  /// Writes a result.
  func write(_ text: String)
  /// Writes a word to the person: an error, a warning, what was done.
  func message(_ text: String)
  /// Shows a long result page by page; false when that can't be done.
  func page(_ text: String) -> Bool
}

/// What a session can do only through others: the viewer.
public struct SessionHooks: Sendable {
  /// Starts the viewer, and says where it is.
  public var startViewer: (@Sendable () throws(LabFailure) -> String)?
  /// Stops it.
  public var stopViewer: (@Sendable () throws(LabFailure) -> String)?
  /// The version of the product.
  public var version: String

  public init(version: String) { self.version = version }
}
