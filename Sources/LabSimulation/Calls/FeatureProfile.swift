import LabCore
import LabJSON
import LabScenario
import LabTable

/// A feature as the loop over calls needs it: plain numbers.
struct FeatureProfile: Sendable {
  let field: FieldID
  /// The feature's tags as a JSON object, or empty.
  let metadata: FieldID
  let input: SizeSampler
  let output: SizeSampler
  /// Mean shares of input read from a cache; of the rest, what is written for 5 minutes and for an hour.
  let cachedShare: Double
  let writtenOfRest: Double
  let written1hOfRest: Double
  /// Of the input that was not read from a cache, the share that an unlimited one would have held.
  let cacheableOfRest: Double
  let reasoningShare: Double
  /// Cumulative shares of batch, flex and priority calls.
  let batchBelow: Double
  let flexBelow: Double
  let priorityBelow: Double

  init(_ feature: Feature, tokenSigma: Double, fields: inout UsageFieldPool, tables: inout SizeSampler.Tables) {
    field = fields.intern(feature.id)
    metadata = feature.tags.isEmpty ? .empty : fields.intern(Self.json(feature.tags))
    input = SizeSampler(feature.inputTokens, customerSigma: tokenSigma, tables: &tables)
    output = SizeSampler(feature.outputTokens, customerSigma: tokenSigma, tables: &tables)
    let cached = min(1, max(0, feature.cachedShare))
    let rest = 1 - cached
    cachedShare = cached
    let written = rest > 0 ? min(1, max(0, feature.cacheWriteShare / rest)) : 0
    writtenOfRest = written
    written1hOfRest = rest > 0 ? min(1 - written, max(0, feature.cacheWrite1hShare / rest)) : 0
    cacheableOfRest = rest > 0 ? min(1, max(0, (feature.cacheableShare - cached) / rest)) : 0
    reasoningShare = min(1, max(0, feature.reasoningShare))
    batchBelow = feature.batchShare
    flexBelow = batchBelow + feature.flexShare
    priorityBelow = flexBelow + feature.priorityShare
  }

  /// `{"team":"search"}`: one line, keys in the scenario's order.
  private static func json(_ tags: [Tag]) -> String {
    var writer = JSONWriter(compact: true)
    writer.beginObject()
    for tag in tags {
      writer.key(tag.key)
      writer.value(tag.value)
    }
    writer.endObject()
    return writer.text
  }
}
