import LabCore
import LabJSON

extension ShapeChecker {
  func distribution(_ node: JSONNode, _ use: DistributionUse, path: String) -> Checked.Content {
    let (content, variant) = variant(node, use.family, path: path)
    guard let variant, case .object(let keys) = content else { return .invalid }
    // What is missing or wrong has been reported.
    guard
      variant.parameters.allSatisfy({
        keys[$0.key].map { if case .invalid = $0.content { false } else { true } } ?? !$0.isRequired
      })
    else { return .invalid }
    guard isOrdered(keys, use, path: path) else { return .invalid }
    return made(variant.id, keys, use).map { .distribution($0) } ?? .invalid
  }

  private func isOrdered(_ keys: [String: Checked], _ use: DistributionUse, path: String) -> Bool {
    if let low = keys["min"], let high = keys["max"], let least = low.number, let most = high.number {
      guard least <= most else {
        problems.report(
          ScenarioProblem.minimumAboveMaximum(low: low.node.description, high: high.node.description), at: low.node,
          path: low.path)
        return false
      }
      if use == .activity, most <= 0 { return reportAllZero(high, key: "max") }
    }
    guard let quantiles = keys["quantiles"], let values = quantiles.items?.compactMap(\.number) else { return true }
    guard zip(values, values.dropFirst()).allSatisfy({ $0 <= $1 }) else {
      problems.report(ScenarioProblem.notRising(key: "quantiles"), at: quantiles.node, path: quantiles.path)
      return false
    }
    if use == .activity, (values.last ?? 0) <= 0 { return reportAllZero(quantiles, key: "quantiles") }
    return true
  }

  /// Rates that are all 0 leave nobody who calls.
  private func reportAllZero(_ value: Checked, key: String) -> Bool {
    problems.report(ScenarioProblem.noWeight(list: key), at: value.node, path: value.path)
    return false
  }

  private func made(_ id: String, _ keys: [String: Checked], _ use: DistributionUse) -> Distribution? {
    func number(_ key: String) -> Double? { keys[key]?.number }
    let low = number("min") ?? 0
    // Only tokens are clamped; `Double.infinity` means not at all.
    let high = number("max") ?? .infinity
    switch id {
    case "constant": return .constant(number("value") ?? 1)
    case "empirical": return keys["quantiles"]?.items.map { .empirical($0.compactMap(\.number)) }
    case "lognormal":
      // Rates are relative, so that the median of an activity is 1.
      return .lognormal(median: number("median") ?? 1, sigma: number("sigma") ?? 0, min: low, max: high)
    case "normal": return .normal(mean: number("mean") ?? 0, sd: number("sd") ?? 0, min: low, max: high)
    case "uniform": return .uniform(low: low, high: number("max") ?? low)
    default: return nil
    }
  }
}
