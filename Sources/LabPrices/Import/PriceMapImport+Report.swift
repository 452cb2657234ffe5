import LabCore

extension PriceMapImport {
  /// What became of every entry and key of a map.
  public struct Report: Hashable, Sendable {
    /// A number of things under a name; lists of them are sorted by falling count, then name.
    public struct Count: Hashable, Sendable {
      public var name: String
      public var count: Int

      public init(name: String, count: Int) {
        self.name = name
        self.count = count
      }
    }

    /// Keys that were left out.
    public struct KeyFamily: Hashable, Sendable {
      /// The key itself, or the part of it that the lab has no use for, such as `_above_12hr`.
      public var name: String
      /// Whether the keys are about money rather than about abilities and limits.
      public var isPrice: Bool
      public var keys: Int
      public var models: Int

      public init(name: String, isPrice: Bool, keys: Int, models: Int) {
        self.name = name
        self.isPrice = isPrice
        self.keys = keys
        self.models = models
      }
    }

    /// Two entries that ask for one name.
    public struct Collision: Hashable, Sendable {
      public var key: String
      /// The name that another entry has.
      public var wanted: String
      /// The name that it got; nil for an alias that was dropped.
      public var given: String?

      public init(key: String, wanted: String, given: String?) {
        self.key = key
        self.wanted = wanted
        self.given = given
      }
    }

    /// Entries of the map, whatever they are.
    public var entries = 0
    /// Models of the book.
    public var imported = 0
    /// Entries that are the same model under another key, with the same prices: now aliases.
    public var merged = 0
    /// Entries that describe the format and are no models, in the map's order.
    public var documentation: [String] = []
    /// Models without any token price, by mode: they are billed by image, second, page or query.
    public var withoutTokenPrices: [Count] = []
    /// Models with a price for input or output but not both, by mode: what the other costs is in units that the lab
    /// doesn't have, so that their calls could not be priced.
    public var partlyPriced: [Count] = []
    /// Models left out because a price makes no sense; ``problems`` says which.
    public var invalid = 0
    /// Models that give no output (embeddings and the like), for which the map states none: output is priced at 0.
    public var withoutOutput = 0
    /// Models whose every price is 0 in the map.
    public var free = 0
    /// Prices finer than a femtodollar per token, rounded half to even.
    public var roundedPrices = 0
    /// Reasoning prices equal to the output price, left to default to it.
    public var reasoningAsOutput = 0
    /// Every family of keys that was left out: prices first, by falling number of models, then name.
    public var leftOut: [KeyFamily] = []
    public var collisions: [Collision] = []
    /// What was wrong with single entries, as warnings with places.
    public var problems: [Diagnostic] = []

    /// Entries that are neither in the book nor merged into it nor documentation.
    public var notImported: Int {
      withoutTokenPrices.reduce(0) { $0 + $1.count } + partlyPriced.reduce(0) { $0 + $1.count } + invalid
    }
  }
}

/// What can be wrong with a price map, as facts.
enum PriceMapProblem: Hashable, Sendable {
  case noObject(String)
  case noTokenPrices
  case unknownProvider(String, map: String, known: [String])
  case entryIsNoObject(key: String, found: String)
  case withoutName(key: String)
  case badPrice(key: String, field: String, found: String)
  case badRanges(key: String)
}

extension PriceMapProblem: DiagnosticFact {
  var code: String {
    switch self {
    case .noObject: "not_a_price_map"
    case .noTokenPrices: "no_token_prices"
    case .unknownProvider: "unknown_provider"
    case .entryIsNoObject, .withoutName: "bad_price_map_entry"
    case .badPrice: "bad_price"
    case .badRanges: "bad_ranges"
    }
  }
  var sentence: String {
    switch self {
    case .noObject(let found): "a price map is an object by model name, found \(found)"
    case .unknownProvider(let name, let map, _): "price map '\(map)' has no provider '\(name)'"
    case .noTokenPrices: "no entry of the map has a price for input and output tokens"
    case .entryIsNoObject(let key, let found): "'\(key)' was left out: expected an object, found \(found)"
    case .withoutName(let key): "'\(key)' was left out: a model and its provider need names"
    case .badPrice(let key, let field, let found):
      "'\(key)' was left out: '\(field)' must be a number of USD from 0 to 1000, found \(found)"
    case .badRanges(let key): "'\(key)' was left out: its 'tiered_pricing' ranges don't start at 0 and join"
    }
  }
  var help: String? {
    switch self {
    case .unknownProvider(let name, _, let known):
      Suggestion.help(for: name, among: known) ?? "providers are named as in the map's 'litellm_provider'"
    case .noObject, .noTokenPrices: "expected LiteLLM's model_prices_and_context_window.json"
    default: nil
    }
  }
}
