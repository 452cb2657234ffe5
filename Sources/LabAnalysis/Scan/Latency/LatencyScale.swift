/// Buckets of durations: each power of two of microseconds in 16 equal parts, so that a bucket is at most 6 % wide.
///
/// Counting by bucket finds where a percentile lies without keeping the values; a second pass then looks at the values of
/// that bucket alone. The layout is that of Tene's HdrHistogram, with four bits of mantissa.
enum LatencyScale {
  private static let mantissaBits = 4
  private static let parts: Int64 = 16
  /// Durations from 2³⁶ µs (19 hours) on share the last bucket.
  private static let highestPower = 35
  private static let longest: Int64 = 1 << (Int64(highestPower) + 1) - 1
  /// The bits of the exponent of ``parts``, less the buckets below it.
  private static let firstExponent = (1023 + mantissaBits) << mantissaBits - Int(parts)

  /// The number of buckets of known durations.
  static let bucketCount = (highestPower - mantissaBits + 2) * Int(parts)
  /// The place of unknown durations, behind all buckets.
  static let unknown = bucketCount
  /// How many counters a cell has.
  static let width = bucketCount + 1

  /// The bucket of a duration in microseconds; of a number below 0, which is unknown, ``unknown``.
  @inline(__always)
  static func bucket(of microseconds: Int64) -> Int {
    // The exponent and the first four bits of the fraction of a floating-point number stand side by side, which numbers
    // buckets as they are laid out here; these numbers are exact in it.
    // As the lower bits of a number with the exponent 2⁵² a count becomes one, by steps that vectors have too.
    let count = max(0, min(microseconds, longest))
    let shifted = Double(bitPattern: UInt64(bitPattern: count) | (0x1p52).bitPattern)
    let bucket = Int(truncatingIfNeeded: (shifted - 0x1p52).bitPattern &>> 48) &- firstExponent
    return microseconds < 0 ? unknown : microseconds < parts ? Int(microseconds) : bucket
  }

  /// The least duration of a bucket.
  static func lowerBound(of bucket: Int) -> Int64 {
    guard bucket >= Int(parts) else { return Int64(bucket) }
    let shift = Int64(bucket / Int(parts) - 1)
    return (parts + Int64(bucket) % parts) << shift
  }

  /// How many different durations a bucket holds; nil for the last, which has no end.
  static func size(of bucket: Int) -> Int64? {
    bucket < bucketCount - 1 ? lowerBound(of: bucket + 1) - lowerBound(of: bucket) : nil
  }
}

/// The lengths of answers within which speeds are compared: a longer answer takes longer, whoever gives it.
enum LatencyStratum {
  /// Failed calls, whose durations say nothing about speed.
  static let failed = 0
  /// The strata of successful calls with a known duration and length.
  static let lengths = 1..<6
  /// Successful calls of unknown duration or length.
  static let unknown = 6
  static let count = 7
  /// Where the strata after the first begin, in output tokens: powers of four, so that a handful cover what models write
  /// and, within one, the longest answer takes at most four times the shortest.
  static let starts: [Int64] = [16, 64, 256, 1024]

  /// `under 16`, `16 to 63`, `1,024 and more`.
  static func title(_ stratum: Int) -> String {
    let index = stratum - lengths.lowerBound
    if index <= 0 { return "under \(starts[0])" }
    if index >= starts.count { return "1,024 and more" }
    return "\(starts[index - 1]) to \(starts[index] - 1)"
  }
}
