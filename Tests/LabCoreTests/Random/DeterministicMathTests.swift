import Glibc
import LabCore
import Testing

/// The distance of two finite doubles in units in the last place.
private func ulps(_ left: Double, _ right: Double) -> UInt64 {
  if left == right { return 0 }
  if left.isNaN || right.isNaN || (left < 0) != (right < 0) { return .max }
  let (a, b) = (left.bitPattern & ~(1 << 63), right.bitPattern & ~(1 << 63))
  return a > b ? a - b : b - a
}

@Suite struct DeterministicMathTests {
  @Test func `exp is within 2 units in the last place of the C library`() {
    var random = RandomStream(seed: 7, purpose: 1)
    var worst: UInt64 = 0
    for index in 0..<200_000 {
      let x = index % 2 == 0 ? random.uniform(-708, 709.7) : random.uniform(-3, 3)
      worst = max(worst, ulps(DeterministicMath.exp(x), Glibc.exp(x)))
    }
    #expect(worst <= 2)
  }

  @Test func `log is within 2 units in the last place of the C library`() {
    var random = RandomStream(seed: 8, purpose: 1)
    var worst: UInt64 = 0
    for index in 0..<200_000 {
      let x =
        switch index % 3 {
        case 0: random.openUnit()
        case 1: Double(bitPattern: random.next() % 0x7ff0_0000_0000_0000)
        default: random.uniform(0.5, 2)
        }
      worst = max(worst, ulps(DeterministicMath.log(x), Glibc.log(x)))
    }
    #expect(worst <= 2)
  }

  @Test func `sin and cos stay within 3e-16 of the C library up to a million`() {
    var random = RandomStream(seed: 9, purpose: 1)
    var worst = 0.0
    for index in 0..<200_000 {
      let x = random.uniform(-1, 1) * (index % 2 == 0 ? 10 : 1e6)
      worst = max(worst, abs(DeterministicMath.sin(x) - Glibc.sin(x)), abs(DeterministicMath.cos(x) - Glibc.cos(x)))
    }
    #expect(worst <= 3e-16)
  }

  @Test func `edges give what mathematics says`() {
    #expect(DeterministicMath.exp(0) == 1)
    #expect(DeterministicMath.exp(710) == .infinity)
    #expect(DeterministicMath.exp(-746) == 0)
    #expect(DeterministicMath.exp(-745) > 0)
    #expect(DeterministicMath.exp(.nan).isNaN)
    #expect(DeterministicMath.exp(.infinity) == .infinity && DeterministicMath.exp(-.infinity) == 0)
    #expect(DeterministicMath.log(1) == 0)
    #expect(DeterministicMath.log(0) == -.infinity)
    #expect(DeterministicMath.log(-1).isNaN && DeterministicMath.log(.nan).isNaN)
    #expect(DeterministicMath.log(.infinity) == .infinity)
    #expect(ulps(DeterministicMath.log(Double.leastNonzeroMagnitude), Glibc.log(Double.leastNonzeroMagnitude)) <= 2)
    #expect(
      DeterministicMath.pow(2, 0) == 1 && DeterministicMath.pow(0, 3) == 0 && DeterministicMath.pow(0, -1) == .infinity)
    #expect(abs(DeterministicMath.pow(2, 10) - 1024) < 1e-11)
  }

  @Test(arguments: [1e15, 1e19, 1e300, -1e300, Double.greatestFiniteMagnitude])
  func `huge angles give a sine, not a trap`(x: Double) {
    #expect(abs(DeterministicMath.sin(x)) <= 1)
    #expect(DeterministicMath.sin(.infinity).isNaN)
  }

  @Test func `the same bits come out everywhere`() {
    // First outputs as of version 1 on x86-64; any change here changes every simulated file.
    var hash = SHA256()
    for index in 0..<2000 {
      let x = Double(index) * 0.3507 - 350
      for value in [DeterministicMath.exp(x), DeterministicMath.log(abs(x) + 0.01), DeterministicMath.sin(x)] {
        hash.update((0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> UInt64($0 * 8)) })
      }
    }
    #expect(hash.hexDigest() == "76a48e49090e8ae2755db4498b3b594a10fd8f2dae1f992a13bb3a4ce6e2e1c9")
  }
}
