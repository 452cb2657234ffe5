/// A stream of pseudo-random numbers that its keys alone determine: xoshiro256++ (Blackman and Vigna, 2019), its state
/// filled by SplitMix64 from a seed and up to three keys, so that every entity and shard can have a stream of its own.
public struct RandomStream: Sendable {
  @usableFromInline var s0: UInt64
  @usableFromInline var s1: UInt64
  @usableFromInline var s2: UInt64
  @usableFromInline var s3: UInt64

  /// - Parameters:
  ///   - seed: the scenario's seed.
  ///   - purpose: what the numbers are for; streams of different purposes are independent.
  ///   - key: an entity, shard or hour.
  ///   - second: a second key.
  @inlinable public init(seed: UInt64, purpose: UInt64, key: UInt64 = 0, second: UInt64 = 0) {
    var state = SplitMix64.mix(seed &+ 0x9e37_79b9_7f4a_7c15)
    state = SplitMix64.mix(state ^ (purpose &* 0xd134_2543_de82_ef95) &+ 0x9e37_79b9_7f4a_7c15)
    state = SplitMix64.mix(state ^ (key &* 0xaf25_1af3_b0f0_25b5) &+ 0x9e37_79b9_7f4a_7c15)
    state = SplitMix64.mix(state ^ (second &* 0xb564_ef22_ec7a_ece5) &+ 0x9e37_79b9_7f4a_7c15)
    var filler = SplitMix64(state: state)
    s0 = filler.next()
    s1 = filler.next()
    s2 = filler.next()
    s3 = filler.next()
    if s0 | s1 | s2 | s3 == 0 { s0 = 1 }
  }

  @inlinable public mutating func next() -> UInt64 {
    let sum = s0 &+ s3
    let result = ((sum << 23) | (sum >> 41)) &+ s0
    let t = s1 << 17
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= t
    s3 = (s3 << 45) | (s3 >> 19)
    return result
  }

  /// Uniform on [0, 1), a multiple of 2⁻⁵³.
  @inlinable public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// Uniform on (0, 1): never 0 nor 1.
  @inlinable public mutating func openUnit() -> Double { (Double(next() >> 12) + 0.5) * 0x1p-52 }

  /// Uniform on [low, high).
  @inlinable public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * unit() }

  /// Uniform on 0 ..< bound, `bound` > 0 (Lemire's multiplication, without rejection: the bias is below 2⁻³² for the
  /// bounds in use, all under 2³²).
  @inlinable public mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// True with the given probability.
  @inlinable public mutating func chance(_ probability: Double) -> Bool { unit() < probability }
}

/// SplitMix64 (Steele, Lea and Flood, 2014): fills states and mixes keys.
public struct SplitMix64: Sendable {
  @usableFromInline var state: UInt64

  @inlinable public init(state: UInt64) { self.state = state }

  @inlinable public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return Self.mix(state)
  }

  /// A bijection of 64-bit words in which every input bit changes about half of the output bits.
  @inlinable public static func mix(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
