/// Elementary functions that give the same bits on every processor.
///
/// The C library's `exp`, `log` and `sin` differ between processors and versions in the last bit, and the lab promises the
/// same bytes for the same seed. These use only operations that IEEE 754 rounds exactly (+ − × ÷ √), in a fixed order and
/// never fused. The error of `exp` and `log` is within 2 units in the last place; `sin` and `cos` are within 3e-16 of the
/// value; `pow` multiplies the logarithm's error by |y ln x|.
public enum DeterministicMath {
  @usableFromInline static let log2E = 1.4426950408889634
  /// ln 2 in two parts: the first has 33 significant bits, so that its product with an exponent is exact.
  @usableFromInline static let ln2High = 0.693147180369123816490
  @usableFromInline static let ln2Low = 1.90821492927058770002e-10

  /// eˣ. Below −745 it is 0, above 709.78 infinity.
  @inlinable public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709.782712893384 { return .infinity }
    if x < -745.133219101941 { return 0 }
    let k = (x * log2E).rounded(.toNearestOrEven)
    let r = (x - k * ln2High) - k * ln2Low
    // Taylor's series of eʳ on |r| ≤ ln 2 / 2; the first term left out is below 5e-18.
    let r2 = r * r
    let r4 = r2 * r2
    let low = (1.0 + r) + r2 * (0.5 + r * (1.0 / 6))
    let middle = ((1.0 / 24) + r * (1.0 / 120)) + r2 * ((1.0 / 720) + r * (1.0 / 5040))
    let high = ((1.0 / 40320) + r * (1.0 / 362_880)) + r2 * ((1.0 / 3_628_800) + r * (1.0 / 39_916_800))
    let top = (1.0 / 479_001_600) + r * (1.0 / 6_227_020_800)
    let series = low + r4 * (middle + r4 * (high + r4 * top))
    let exponent = Int(k)
    if exponent > 1000 { return series * powerOfTwo(exponent - 100) * powerOfTwo(100) }
    if exponent < -1000 { return series * powerOfTwo(exponent + 100) * powerOfTwo(-100) }
    return series * powerOfTwo(exponent)
  }

  /// 2ⁿ for −1022 ≤ n ≤ 1023.
  @inlinable static func powerOfTwo(_ n: Int) -> Double { Double(bitPattern: UInt64(n + 1023) << 52) }

  /// The natural logarithm. Of 0 it is −infinity, of a negative number NaN.
  @inlinable public static func log(_ x: Double) -> Double {
    if !(x > 0) { return x == 0 ? -.infinity : .nan }
    if x == .infinity { return x }
    var value = x
    var exponent = 0
    if value < 2.2250738585072014e-308 {
      value *= 18_014_398_509_481_984  // 2^54
      exponent = -54
    }
    let bits = value.bitPattern
    exponent += Int(bits >> 52) - 1023
    var mantissa = Double(bitPattern: (bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000)
    if mantissa > 1.4142135623730951 {
      mantissa *= 0.5
      exponent += 1
    }
    // ln m = 2 artanh((m − 1)/(m + 1)), |s| ≤ 0.1716; the first term left out is below 2e-19.
    let s = (mantissa - 1) / (mantissa + 1)
    let s2 = s * s
    let s4 = s2 * s2
    let a = (1.0 / 3) + s2 * (1.0 / 5)
    let b = (1.0 / 7) + s2 * (1.0 / 9)
    let c = (1.0 / 11) + s2 * (1.0 / 13)
    let d = (1.0 / 15) + s2 * (1.0 / 17)
    let e = (1.0 / 19) + s2 * (1.0 / 21)
    let series = s2 * (a + s4 * (b + s4 * (c + s4 * (d + s4 * e))))
    let k = Double(exponent)
    return k * ln2High + (2 * s + (2 * s * series + k * ln2Low))
  }

  /// sin x for |x| up to about 10⁶; beyond, the reduction loses accuracy but stays deterministic.
  public static func sin(_ x: Double) -> Double { circular(x, shiftedBy: 0) }

  /// cos x; see ``sin(_:)``.
  public static func cos(_ x: Double) -> Double { circular(x, shiftedBy: 1) }

  /// sin(x + quadrants · π/2).
  private static func circular(_ x: Double, shiftedBy quadrants: Int) -> Double {
    if !x.isFinite { return .nan }
    // The remainder is exact; it keeps the number of quarter turns in the range of integers.
    let x = abs(x) < 1e15 ? x : x.truncatingRemainder(dividingBy: 6.283185307179586)
    let quarterTurns = (x * 0.6366197723675814).rounded(.toNearestOrEven)
    // π/2 in three parts, the first two with trailing zeros so that products are exact.
    let r =
      ((x - quarterTurns * 1.57079632673412561417) - quarterTurns * 6.07710050630396597660e-11)
      - quarterTurns * 2.02226624879595063154e-21
    let quadrant = (Int(quarterTurns) + quadrants) & 3
    let r2 = r * r
    let sine =
      r
      * (1 + r2
        * (-1.0 / 6 + r2
          * (1.0 / 120 + r2
            * (-1.0 / 5040 + r2
              * (1.0 / 362_880 + r2
                * (-1.0 / 39_916_800
                  + r2 * (1.0 / 6_227_020_800 - r2 / 1_307_674_368_000)))))))
    let cosine =
      1 + r2
      * (-0.5 + r2
        * (1.0 / 24 + r2
          * (-1.0 / 720 + r2
            * (1.0 / 40_320 + r2
              * (-1.0 / 3_628_800
                + r2 * (1.0 / 479_001_600 + r2 * (-1.0 / 87_178_291_200 + r2 / 20_922_789_888_000)))))))
    switch quadrant {
    case 0: return sine
    case 1: return cosine
    case 2: return -sine
    default: return -cosine
    }
  }

  /// xʸ for x > 0; 0 to a positive power is 0.
  @inlinable public static func pow(_ x: Double, _ y: Double) -> Double {
    if y == 0 { return 1 }
    if x == 0 { return y > 0 ? 0 : .infinity }
    return exp(y * log(x))
  }
}
