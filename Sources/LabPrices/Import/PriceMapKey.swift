import LabCore

/// What a key of the common price map says: a token price, or something that the lab has no use for.
///
/// The grammar of token prices: a class, for cache creation optionally `_above_1hr`, then optionally `_above_…k_tokens`, then
/// optionally `_batches`, `_flex` or `_priority`.
enum PriceMapKey: Hashable, Sendable {
  /// - threshold: in input tokens; nil for the price of every size.
  case price(TokenClass, threshold: Int64?, tier: ServiceTier)
  /// A key that is left out, with the name of its family.
  case unused(family: String, isPrice: Bool)

  /// Longest first where one begins another.
  private static let classes: [(prefix: String, tokenClass: TokenClass)] = [
    ("input_cost_per_token_cache_hit", .cachedInput),
    ("input_cost_per_token", .input),
    ("output_cost_per_token", .output),
    ("output_cost_per_reasoning_token", .reasoning),
    ("cache_read_input_token_cost", .cachedInput),
    ("cache_creation_input_token_cost", .cacheWrite),
  ]
  private static let tiers: [(suffix: String, tier: ServiceTier)] = [
    ("_batches", .batch), ("_flex", .flex), ("_priority", .priority),
  ]
  private static let hourMark = "_above_1hr"
  private static let thresholdMark = "_above_"
  private static let tokensMark = "_tokens"
  /// Words that mark a key as being about money.
  private static let moneyWords = ["cost", "pricing", "price", "uplift"]

  init(_ key: String) {
    guard let (prefix, found) = Self.classes.first(where: { key.hasPrefix($0.prefix) }) else {
      let isPrice = Self.moneyWords.contains { key.contains($0) }
      self = .unused(family: key.hasPrefix("supports_") ? "supports_*" : key, isPrice: isPrice)
      return
    }
    var tokenClass = found
    var rest = key.dropFirst(prefix.count)
    if tokenClass == .cacheWrite, rest.hasPrefix(Self.hourMark) {
      tokenClass = .cacheWrite1h
      rest = rest.dropFirst(Self.hourMark.count)
    }
    var threshold: Int64?
    if let (limit, after) = Self.threshold(in: rest) {
      threshold = limit
      rest = after
    }
    var tier = ServiceTier.standard
    if let found = Self.tiers.first(where: { rest == $0.suffix }) {
      tier = found.tier
      rest = ""
    }
    if rest.isEmpty {
      self = .price(tokenClass, threshold: threshold, tier: tier)
    } else {
      self = .unused(family: Self.family(ofRest: rest, prefix: prefix), isPrice: true)
    }
  }

  /// The limit of `_above_200k_tokens` or `_above_4096_tokens` and what follows it, or nil.
  private static func threshold(in rest: Substring) -> (limit: Int64, after: Substring)? {
    guard rest.hasPrefix(thresholdMark) else { return nil }
    var text = rest.dropFirst(thresholdMark.count)
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    // Nine digits of thousands stay below the largest count of tokens that a book takes.
    guard (1...9).contains(digits.utf8.count), let number = Int64(digits), number > 0 else { return nil }
    text = text.dropFirst(digits.count)
    let isThousands = text.hasPrefix("k")
    if isThousands { text = text.dropFirst() }
    guard text.hasPrefix(tokensMark) else { return nil }
    return (isThousands ? number * 1000 : number, text.dropFirst(tokensMark.count))
  }

  /// The part of a key that the grammar doesn't know names the family: `_above_12hr` for all of that cache lifetime,
  /// whatever its threshold and tier; a word that only begins like a class (`…_tokens`) is a family of its own.
  private static func family(ofRest rest: Substring, prefix: String) -> String {
    guard rest.hasPrefix("_") else { return prefix + rest }
    guard rest.hasPrefix(thresholdMark) else { return String(rest) }
    return thresholdMark + rest.dropFirst(thresholdMark.count).prefix { $0 != "_" }
  }
}
