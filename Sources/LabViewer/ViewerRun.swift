/// A run of an interactive session, as the viewer shows it.
public struct ViewerRun: Sendable {
  /// How the session names it, such as `@` or `@-1`.
  public var id: String
  /// The scenario's name.
  public var name: String
  /// What came out, in a few words: calls and cost.
  public var summary: String

  public init(id: String, name: String, summary: String) {
    self.id = id
    self.name = name
    self.summary = summary
  }
}
