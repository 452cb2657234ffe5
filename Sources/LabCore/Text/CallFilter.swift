/// A part of the calls: several values of one key are alternatives, several keys must all hold. Empty: all calls.
public struct CallFilter: Hashable, Sendable {
  /// A column name or `metadata.TAG`, with its values, in order.
  public var terms: [Term]
  public struct Term: Hashable, Sendable {
    public var key: String
    public var values: [String]
    public init(key: String, values: [String]) {
      self.key = key
      self.values = values
    }
  }
  public init(terms: [Term] = []) { self.terms = terms }
  public var isEmpty: Bool { terms.isEmpty }
}
