import LabCore
import LabTable

/// A format of real usage that the lab can import.
public struct UsageFormat: Sendable {
  public enum Reading: Sendable {
    /// A CSV with these columns under other names.
    case columns([UsageColumn: String])
    /// A CSV whose columns the person maps.
    case mapped
    /// JSON lines of the Mooncake traces.
    case mooncake
  }

  /// What people type.
  public var id: String
  public var summary: String
  /// Whether input includes cache reads and writes, and output reasoning.
  public var tokenBasis: String
  public var reading: Reading
  /// Columns that the source has not, so that the person must set them.
  public var mustSet: [UsageColumn]
  public var needsStart: Bool

  public static let all: [UsageFormat] = [
    UsageFormat(
      id: "azure-llm", summary: "the Azure LLM inference traces: TIMESTAMP,ContextTokens,GeneratedTokens",
      tokenBasis:
        "ContextTokens is all input, GeneratedTokens all output; the trace doesn't tell cached input or reasoning",
      reading: .columns([
        .timestamp: "TIMESTAMP", .inputTokens: "ContextTokens", .outputTokens: "GeneratedTokens",
      ]), mustSet: [.provider, .model], needsStart: false),
    UsageFormat(
      id: "csv", summary: "any CSV with a header; columns are mapped by name",
      tokenBasis: "input_tokens must include cache reads and writes, output_tokens reasoning", reading: .mapped,
      mustSet: [],
      needsStart: false),
    UsageFormat(
      id: "mooncake", summary: "the Mooncake traces: JSON lines with timestamp, input_length, output_length, hash_ids",
      tokenBasis:
        "input_length is all input; cached input is 512 tokens for each leading block seen before in the file (a prefix cache "
        + "without limit); output_length is all output", reading: .mooncake, mustSet: [.provider, .model],
      needsStart: true),
  ]

  public static func named(_ id: String) throws(LabFailure) -> UsageFormat {
    if let format = all.first(where: { $0.id == id }) { return format }
    throw LabFailure(
      .usage, code: "unknown_format", "there is no import format '\(id)'",
      help: Suggestion.help(for: id, among: all.map(\.id)) ?? "formats: \(all.map(\.id).joined(separator: ", "))")
  }
}

/// What to import and how.
public struct ImportRequest: Sendable {
  public var format: UsageFormat
  public var path: String
  public var output: String
  public var prices: String?
  public var start: Instant?
  /// Source column by our column.
  public var map: [UsageColumn: String] = [:]
  /// One value for all calls.
  public var constants: [UsageColumn: String] = [:]
  public var maxRejects: Int?
  public var rejectsPath: String?

  public init(format: UsageFormat, path: String, output: String) {
    self.format = format
    self.path = path
    self.output = output
  }

  /// Takes the person's `column=value` texts.
  ///
  /// - Throws: ``LabFailure`` of kind `usage` for a name that is no column.
  public static func assignments(_ texts: [String], flag: String) throws(LabFailure) -> [UsageColumn: String] {
    var result: [UsageColumn: String] = [:]
    for text in texts {
      guard let sign = text.firstIndex(of: "=") else { continue }
      let name = String(text[..<sign])
      guard let column = UsageColumn(name: name) else {
        throw LabFailure(
          .usage, code: "unknown_column", "\(flag): there is no column '\(name)'",
          help: Suggestion.help(for: name, among: UsageColumn.allCases.map(\.name)))
      }
      if result[column] != nil {
        throw LabFailure(.usage, code: "column_twice", "\(flag): column '\(name)' is given twice")
      }
      result[column] = String(text[text.index(after: sign)...])
    }
    return result
  }

  /// Checks what the format needs.
  func check() throws(LabFailure) {
    var missing: [String] = []
    for column in format.mustSet where constants[column] == nil { missing.append("--set \(column.name)=…") }
    if format.needsStart, start == nil { missing.append("--start TIME") }
    if !missing.isEmpty {
      throw LabFailure(
        .usage, code: "import_needs", "import \(format.id) needs \(missing.joined(separator: " and "))",
        help: "the source doesn't say it, and prices and times depend on it")
    }
    if !format.needsStart, start != nil {
      throw LabFailure(
        .usage, code: "start_unused", "import \(format.id) takes no --start; its calls have times of their own")
    }
    if case .mapped = format.reading {
    } else if !map.isEmpty {
      throw LabFailure(.usage, code: "map_unused", "--map goes with the format csv alone")
    }
    for column in constants.keys.sorted(by: { $0.rawValue < $1.rawValue }) where map[column] != nil {
      throw LabFailure(.usage, code: "map_and_set", "column '\(column.name)' is both mapped and set")
    }
    for (column, value) in constants.sorted(by: { $0.key.rawValue < $1.key.rawValue }) where value.isEmpty {
      throw LabFailure(.usage, code: "empty_constant", "--set \(column.name)= has no value")
    }
  }
}

/// What an import gave.
public struct ImportOutcome: Sendable {
  public var format: UsageFormat
  public var output: String
  public var rows: Int
  public var bytes: Int64
  /// Rejected rows: the reason in words, how many, and the first line numbers.
  public var rejects: [(reason: String, count: Int, firstLines: [Int])]
  public var inputTokens: Int128
  public var uncachedInputTokens: Int128
  public var cachedInputTokens: Int128
  public var cacheWriteTokens: Int128
  public var outputTokens: Int128
  public var cost: Money?
  /// Calls that the price book can't price and that have no recorded cost.
  public var unpricedCalls: Int
  public var unpricedTokens: Int128
  /// Names of the price book and of unpriced models, a few.
  public var pricesName: String
  public var unpricedModels: [String]

  public var rejectedRows: Int { rejects.reduce(0) { $0 + $1.count } }
  /// Whether input = uncached + read + written over all rows.
  public var conserves: Bool { inputTokens == uncachedInputTokens + cachedInputTokens + cacheWriteTokens }
}
