/// The sizes that a scenario may have. They keep a slip of the pen from asking for a run that no machine ends.
public enum ScenarioLimits {
  /// Numbers without a limit of their own: far beyond any use, and their products stay finite doubles.
  public static let magnitude = 1e12
  /// Calls per hour: a thousand times the busiest hour of the largest scenario shipped.
  public static let callsPerHour = 1e8
  /// Expected calls of one pass over the timeline: 100 times the rows of a 2 GB file.
  public static let expectedCalls = 1e9
  /// Customers: a run holds about 1.2 kB of state for each.
  public static let customers = 1_000_000.0
  /// One cycle of the timeline in days: twenty years.
  public static let durationDays = 7320
  /// USD: what `Money` can hold, with room for sums over months.
  public static let dollars = 1e9
  /// Tokens of one call: ten times the largest context window of 2026.
  public static let tokensPerCall = 1e8
  /// Size of `repeat_until`: 1 TB of CSV.
  public static let megabytes = 1e6
  /// Rows of `repeat_until`.
  public static let rows = 1e10
  /// Characters of a text; descriptions are sentences, not books.
  public static let textLength = 2000
  /// Characters of an id: fits a table column and a file name.
  public static let identifierLength = 200
  /// Items of a list of features, providers, models, tiers and the like.
  public static let tableItems = 10_000
  /// Ids that the scenario itself gives to organizations or customers.
  public static let namedItems = 1_000_000
  /// Files of one `extends` chain.
  public static let extendsDepth = 32
  /// Bytes of one scenario file.
  public static let fileBytes: Int64 = 64 << 20
  /// Values of one scenario file: a million named customers and as much again.
  public static let values = 4_000_000
  /// Nesting of a scenario file: the deepest value that means something stands at level 6.
  public static let nesting = 64
}
