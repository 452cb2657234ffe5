import LabCore
import LabPrices
import LabScenario

/// The spread of the business's cost per hour, as the simulator expects it without incidents.
///
/// An hour's cost is a sum over customers. A customer with λ calls expected in the hour, whose calls cost μ on average and
/// m₂ in the mean of squares, adds F·λ·m₂ for its calls coming at random (F is the mean square over the mean of the calls
/// of a cluster: 1 without sessions) and (λ·μ·v)² for its days varying by v = `day_cv`. Prices are those for prompts of
/// ordinary length, outputs are uncut: it is a yardstick, not a forecast.
struct HourlyCostSpread {
  /// Per region and organization: what to multiply with the expected calls, and with their square.
  private var linear: [[Double]]
  private var square: [[Double]]

  init(_ people: [Customer], blueprint: Blueprint, at: Instant) {
    let scenario = blueprint.scenario
    let features = blueprint.features.indices.map { FeatureMoments(blueprint, feature: $0, at: at) }
    let regions = scenario.population.regions.count
    let organizations = max(1, scenario.population.organizations)
    linear = Array(repeating: Array(repeating: 0, count: organizations), count: regions)
    square = linear
    for customer in people where customer.joined <= at && customer.left.map({ $0 > at }) ?? true {
      var mean = 0.0
      var meanSquare = 0.0
      for (feature, moments) in zip(scenario.features, features) {
        let cost = moments.cost(input: customer.inputSize, output: customer.outputSize)
        mean += feature.share * cost.mean
        meanSquare += feature.share * cost.meanSquare
      }
      let sessions = SessionModel(scenario.traffic, rate: customer.rate)
      linear[customer.region][customer.organization] += customer.rate * sessions.meanSquareOverMean * meanSquare
      let day = customer.rate * mean * scenario.traffic.dayCV
      square[customer.region][customer.organization] += day * day
    }
  }

  /// Standard deviation of the cost of an hour with these factors, in USD.
  func deviation(_ factors: SlotFactors) -> Double {
    var variance = 0.0
    for region in linear.indices {
      for organization in linear[region].indices {
        let factor = factors.common * factors.regions[region] * factors.organizations[organization]
        variance += factor * linear[region][organization] + factor * factor * square[region][organization]
      }
    }
    return variance > 0 ? variance.squareRoot() : 0
  }

  /// Mean and mean square of a feature's cost per call, by the customer's size scores.
  private struct FeatureMoments {
    /// By score, from the lowest to the highest in equal steps.
    private let input: [(mean: Double, meanSquare: Double)]
    private let output: [(mean: Double, meanSquare: Double)]
    // Means over the models of USD per input and output token, of their squares and of their product.
    private var perInput = 0.0
    private var perOutput = 0.0
    private var perInputSquare = 0.0
    private var perOutputSquare = 0.0
    private var perProduct = 0.0

    private static let lowest = -5.0
    private static let step = 0.25
    private static let steps = 40

    init(_ blueprint: Blueprint, feature: Int, at: Instant) {
      let profile = blueprint.features[feature]
      func table(_ sampler: SizeSampler) -> [(Double, Double)] {
        (0...Self.steps).map { place in
          let customer = Self.lowest + Double(place) * Self.step
          var mean = 0.0
          var square = 0.0
          for node in CallExpectation.nodes {
            let tokens = Double(
              sampler.tokens(
                atNormal: sampler.score(customer: customer, call: node.score), tables: blueprint.sizeTables))
            mean += node.weight * tokens
            square += node.weight * tokens * tokens
          }
          return (mean, square)
        }
      }
      input = table(profile.input)
      output = table(profile.output)
      let weights = blueprint.modelWeights[feature]
      let total = weights.reduce(0, +)
      for (model, weight) in weights.enumerated() where weight > 0 && total > 0 {
        let index = blueprint.models[model].priceIndex
        guard let rates = blueprint.prices.rates(of: index, at: at, tier: .standard, input: 1000) else { continue }
        func price(_ tokens: TokenClass) -> Double { (rates.contractedDollarsPerMillion(of: tokens) ?? 0) / 1e6 }
        let rest = 1 - profile.cachedShare
        let written = rest * profile.writtenOfRest
        let written1h = rest * profile.written1hOfRest
        let perInput =
          profile.cachedShare * price(.cachedInput) + written * price(.cacheWrite) + written1h * price(.cacheWrite1h)
          + (rest - written - written1h) * price(.input)
        let perOutput =
          (1 - profile.reasoningShare) * price(.output) + profile.reasoningShare * price(.reasoning)
        let share = weight / total
        self.perInput += share * perInput
        self.perOutput += share * perOutput
        perInputSquare += share * perInput * perInput
        perOutputSquare += share * perOutput * perOutput
        perProduct += share * perInput * perOutput
      }
    }

    func cost(input: Double, output: Double) -> (mean: Double, meanSquare: Double) {
      let (inputMean, inputSquare) = Self.look(self.input, input)
      let (outputMean, outputSquare) = Self.look(self.output, output)
      return (
        perInput * inputMean + perOutput * outputMean,
        perInputSquare * inputSquare + 2 * perProduct * inputMean * outputMean + perOutputSquare * outputSquare
      )
    }

    /// Linear between the table's scores, its ends beyond them.
    private static func look(_ table: [(mean: Double, meanSquare: Double)], _ score: Double) -> (Double, Double) {
      let place = min(Double(steps), max(0, (score - lowest) / step))
      let index = min(steps - 1, Int(place))
      let part = place - Double(index)
      let (low, high) = (table[index], table[index + 1])
      return (low.mean + (high.mean - low.mean) * part, low.meanSquare + (high.meanSquare - low.meanSquare) * part)
    }
  }
}

extension SessionModel {
  /// The mean square of the calls of a cluster over their mean: how much clusters widen counts. A session has a geometric
  /// number of calls.
  var meanSquareOverMean: Double {
    guard sessionShare > 0 else { return 1 }
    let perSession = 1 / max(1e-9, 1 - goOnProbability)
    let mean = 1 - sessionShare + sessionShare * perSession
    let square = 1 - sessionShare + sessionShare * (2 * perSession * perSession - perSession)
    return square / mean
  }
}
