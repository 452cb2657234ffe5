import LabCore
import LabTable

/// Rows with the widths and cardinalities of simulated usage, for measuring writer and reader alone.
struct SyntheticRows {
  private(set) var pool = UsageFieldPool()
  private var random = RandomStream(seed: 42, purpose: 1)
  private let organizations: [FieldID]
  private let customers: [FieldID]
  private let products: [FieldID]
  private let features: [FieldID]
  private let tiers: [(tier: FieldID, price: FieldID, archetype: FieldID)]
  private let models: [(provider: FieldID, model: FieldID)]
  private let regions: [FieldID]
  private let metadata: [FieldID]
  private let environment: FieldID
  private var time: Int64 = 1_767_571_200_000_000
  private var number: UInt64 = 0

  init() {
    var pool = UsageFieldPool()
    var random = RandomStream(seed: 42, purpose: 2)
    func uuid() -> String {
      let hex = Array((pad(random.next()) + pad(random.next())).utf8)
      func part(_ range: Range<Int>) -> String { String(decoding: hex[range], as: UTF8.self) }
      return [part(0..<8), part(8..<12), part(12..<16), part(16..<20), part(20..<32)].joined(separator: "-")
    }
    func pad(_ word: UInt64) -> String {
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }
    organizations = (0..<50).map { _ in pool.intern("org-" + uuid()) }
    customers = (0..<500).map { _ in pool.intern("cust-" + uuid()) }
    products = ["saas-platform", "api-service", "mobile-app"].map { pool.intern($0) }
    features = ["chat", "summarization", "translation", "code-generation", "analysis"].map { pool.intern($0) }
    tiers = [("starter", "49", "light"), ("pro", "199", "power"), ("enterprise", "999", "heavy")].map {
      (pool.intern($0.0), pool.intern($0.1), pool.intern($0.2))
    }
    models = [
      ("openai", "gpt-4o"), ("openai", "gpt-4o-mini"), ("anthropic", "claude-sonnet-4"), ("google", "gemini-2.5-pro"),
      ("aws-bedrock", "bedrock-claude-sonnet"), ("mistral", "mistral-large"), ("cohere", "command-r-plus"),
    ].map { (pool.intern($0.0), pool.intern($0.1)) }
    regions = ["us-east", "us-west", "eu-west", "ap-southeast"].map { pool.intern($0) }
    metadata = (0..<40).map { pool.intern("{\"team\":\"team-\($0)\",\"project\":\"p\($0 % 7)\"}") }
    environment = pool.intern("production")
    self.pool = pool
  }

  /// The next row in time.
  mutating func next() -> UsageRow {
    var row = UsageRow()
    time += Int64(random.next() >> 45)
    number += 1
    let customer = Int(random.next() >> 32) % customers.count
    row.timestamp = Instant(microseconds: time)
    row.customer = customers[customer]
    row.organization = organizations[customer % organizations.count]
    row.product = products[customer % products.count]
    row.feature = features[Int(random.next() >> 40) % features.count]
    (row.tier, row.tierPrice, row.archetype) = tiers[customer % tiers.count]
    (row.provider, row.model) = models[Int(random.next() >> 40) % models.count]
    row.region = regions[customer % regions.count]
    row.inputTokens = Int64(random.next() >> 52)
    row.outputTokens = Int64(random.next() >> 54)
    row.latencyMicroseconds = Int64(random.next() >> 42)
    row.cost = Money(nanodollars: row.inputTokens * 2500 + row.outputTokens * 10_000 + 137)
    let fails = random.next() >> 59 == 0
    row.status = fails ? .error : .success
    row.errorType = fails ? .rateLimit : .empty
    row.metadata = metadata[customer % metadata.count]
    row.callID = number
    row.cachedInputTokens = row.inputTokens / 3
    row.cacheWriteTokens = 0
    row.cacheWrite1hTokens = 0
    row.reasoningTokens = 0
    row.serviceTier = .standard
    row.environment = environment
    row.timeToFirstTokenMicroseconds = row.latencyMicroseconds / 5
    row.retryOf = fails ? number - 1 : 0
    row.finishReason = fails ? .error : .stop
    row.cacheableInputTokens = row.inputTokens / 2
    return row
  }
}
