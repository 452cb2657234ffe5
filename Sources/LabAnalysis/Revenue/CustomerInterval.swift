import LabCore

/// Intervals of sums and ratios of sums over customers, quick for any number of them.
///
/// Up to ``resampledLimit`` customers are resampled (``Bootstrap``). Beyond, the interval is the normal one with the
/// linearised variance of the ratio, to which the bootstrap converges: Cochran, "Sampling Techniques" (1977), 2.11.
enum CustomerInterval {
  /// A thousand draws of so many customers take a few milliseconds.
  static let resampledLimit = 1000
  static let level = 0.8

  /// The interval of Σ numerators / Σ denominators; nil below seven customers or where the ratio isn't defined.
  static func ratio(_ numerators: [Double], _ denominators: [Double]) -> Interval? {
    guard numerators.count > resampledLimit else {
      return Bootstrap.ratio(over: .customers, numerators: numerators, denominators: denominators, level: level)
    }
    let count = Double(numerators.count)
    let whole = denominators.reduce(0, +)
    guard let ratio = Ratio.of(numerators.reduce(0, +), whole) else { return nil }
    var squares = 0.0
    for index in numerators.indices {
      let residual = numerators[index] - ratio * denominators[index]
      squares += residual * residual
    }
    let error = (squares * count / (count - 1)).squareRoot() / abs(whole)
    let width = NormalDistribution.quantile(1 - (1 - level) / 2) * error
    guard width.isFinite else { return nil }
    return Interval(low: ratio - width, high: ratio + width, level: level)
  }

  /// The interval of a sum over customers.
  static func sum(_ values: [Double]) -> Interval? {
    let count = Double(values.count)
    guard let mean = ratio(values, values.map { _ in 1 }) else { return nil }
    return Interval(low: mean.low * count, high: mean.high * count, level: level)
  }
}
