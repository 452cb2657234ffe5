import LabCore
import LabPrices

/// The tokens that a call asks for; what is recorded depends on how it ends.
///
/// A share of mean m varies evenly around it: m + w·(u₁ + u₂ − 1) with w = min(m, 1 − m), a triangle from 0 or to 1.
struct CallSizes: Sendable {
  var usage: TokenUsage
  /// Input that an unlimited prefix cache would have held; at least what was read from the cache.
  var cacheable: Int64
  /// Whether the output ended at the feature's limit, or would have gone beyond the model's.
  var isCutOff: Bool

  /// - Parameters:
  ///   - model: its context cuts the input, its limit the output.
  ///   - change: what incidents change about the call.
  @inline(__always)
  init(
    _ feature: FeatureProfile, model: borrowing ModelProfile, tables: SizeSampler.Tables, inputSize: Double,
    outputSize: Double, change: CallChange? = nil,
    _ random: inout RandomStream
  ) {
    var asked = feature.input.tokens(customer: inputSize, tables: tables, &random)
    var wanted = feature.output.tokens(customer: outputSize, tables: tables, &random)
    if let change {
      asked = SizeSampler.scaled(asked, by: change.input)
      wanted = SizeSampler.scaled(wanted, by: change.output)
    }
    let input = min(model.inputLimit, asked)
    let usesCache = change?.isUncached != true
    let output = min(model.outputLimit, wanted)
    var cached: Int64 = 0
    if feature.cachedShare > 0, usesCache { cached = Self.part(of: input, share: feature.cachedShare, &random) }
    let rest = input - cached
    var written: Int64 = 0
    var written1h: Int64 = 0
    if feature.writtenOfRest > 0, usesCache { written = Self.part(of: rest, share: feature.writtenOfRest, &random) }
    if feature.written1hOfRest > 0, usesCache {
      // Its share of what neither was read nor written yet.
      let share = feature.written1hOfRest / max(1e-12, 1 - feature.writtenOfRest)
      written1h = Self.part(of: rest - written, share: min(1, share), &random)
    }
    var reasoning: Int64 = 0
    if feature.reasoningShare > 0 { reasoning = Self.part(of: output, share: feature.reasoningShare, &random) }
    usage = TokenUsage(
      input: input, cachedInput: cached, cacheWrite: written, cacheWrite1h: written1h, output: output,
      reasoning: reasoning)
    var cacheable = cached
    if feature.cacheableOfRest > 0 { cacheable += Self.part(of: rest, share: feature.cacheableOfRest, &random) }
    self.cacheable = cacheable
    isCutOff = wanted >= feature.output.cutOff || wanted > output
  }

  /// A varying part of some tokens, never more than all of them.
  @inline(__always)
  private static func part(of tokens: Int64, share: Double, _ random: inout RandomStream) -> Int64 {
    let bits = random.next()
    let first = Double(bits >> 32) * 0x1p-32
    let second = Double(bits & 0xffff_ffff) * 0x1p-32
    let varied = share + min(share, 1 - share) * (first + second - 1)
    return min(tokens, max(0, Int64((Double(tokens) * varied).rounded(.toNearestOrEven))))
  }

  /// What is recorded: a timeout keeps the input and a part of the output, other failures keep the input alone, none of
  /// it read from a cache or written to one.
  @inline(__always)
  func recorded(_ outcome: CallOutcome, _ random: inout RandomStream) -> TokenUsage {
    switch outcome {
    case .success: return usage
    case .timeout:
      var partial = usage
      let done = random.unit()
      partial.output = Int64(Double(usage.output) * done)
      partial.reasoning = min(partial.output, Int64(Double(usage.reasoning) * done))
      return partial
    case .rateLimit, .authError, .serverError: return TokenUsage(input: usage.input, output: 0)
    }
  }
}
