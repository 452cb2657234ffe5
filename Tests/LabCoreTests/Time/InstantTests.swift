import LabCore
import Testing

@Suite struct InstantTests {
  /// 2026-01-05T09:13:45.123456Z by `date -u -d … +%s`.
  static let reference = Instant(microseconds: 1_767_604_425_123_456)

  @Test(arguments: [
    "2026-01-05T09:13:45.123456Z", "2026-01-05 09:13:45.123456", "2026-01-05T09:13:45.123456",
    "2026-01-05t09:13:45.123456z",
    "2026-01-05T09:13:45.123456789Z", "2026-01-05T10:13:45.123456+01:00", "2026-01-05T10:13:45.123456+0100",
    "2026-01-05T10:13:45.123456+01", "2026-01-05T04:43:45.123456-04:30", "2026-01-05T09:13:45,123456Z",
    "2026-01-04T23:13:45.123456-10:00",
  ])
  func `every accepted form gives the same instant`(text: String) { #expect(Instant(text) == Self.reference) }

  @Test(arguments: [
    ("1970-01-01", 0), ("1970-01-01T00:00", 0), ("1970-01-01T00:00:01", 1_000_000), ("1970-01-01T00:00:00.5Z", 500_000),
    ("1969-12-31T23:59:59.999999Z", -1), ("2000-02-29", 951_782_400_000_000), ("1970-01-01T00:00:00.0000009Z", 0),
    ("0001-01-01", -62_135_596_800_000_000), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
  ])
  func `short forms and edges are read`(text: String, microseconds: Int64) {
    #expect(Instant(text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "2026", "2026-1-5", "2026-13-01", "2026-00-10", "2026-02-29", "2026-04-31", "2026-01-05T",
    "2026-01-05T24:00:00", "2026-01-05T09:60",
    "2026-01-05T09:13:60", "2026-01-05T09:13:45.", "2026-01-05T09:13:45.1234567890", "2026-01-05T09:13:45Zx",
    "2026-01-05T09:13:45+1",
    "2026-01-05T09:13:45+01:", "2026-01-05T09:13:45+01:60", "2026-01-05T09:13:45+24:00", "2026-01-05Z",
    "20260105T091345Z", "0000-01-01", "-001-01-01",
    "10000-01-01", "9999-12-31T23:59:59-01:00", "0001-01-01T00:00:00+01:00", "2026-01-05 09:13:45 UTC", "２026-01-05",
    "2026-01-05T09:13:45.123 ",
  ])
  func `what is no instant is refused`(text: String) { #expect(Instant(text) == nil) }

  @Test func `an instant prints and reads back`() {
    var random = RandomStream(seed: 5, purpose: 1)
    for _ in 0..<5000 {
      let span = Instant.latest.microseconds - Instant.earliest.microseconds
      let instant = Instant(microseconds: Instant.earliest.microseconds + Int64(random.below(Int(span))))
      #expect(Instant(instant.description) == instant)
      #expect(Instant(instant.shortDescription) == instant)
    }
    #expect(Self.reference.formatted(fractionDigits: 3) == "2026-01-05T09:13:45.123Z")
    #expect(Self.reference.formatted(fractionDigits: 0) == "2026-01-05T09:13:45Z")
    #expect(Instant(microseconds: 0).shortDescription == "1970-01-01T00:00:00Z")
  }

  @Test func `days and hours before 1970 round down`() {
    let before = Instant(microseconds: -1)
    #expect(before.day == -1)
    #expect(before.hour == -1)
    #expect(before.microsecondOfDay == 86_399_999_999)
    #expect(before.description == "1969-12-31T23:59:59.999999Z")
  }

  @Test func `no count of microseconds traps when it is printed`() {
    #expect(Instant(microseconds: .min).description.hasSuffix("Z"))
    #expect(Instant(microseconds: .max).description.hasSuffix("Z"))
  }
}

@Suite struct TimeSpanTests {
  @Test(arguments: [
    ("14d", 1_209_600_000_000), ("12d3h", 1_047_600_000_000), ("90s", 90_000_000), ("250ms", 250_000), ("1us", 1),
    ("1w2d", 777_600_000_000), ("1h30m", 5_400_000_000), ("0s", 0), ("1m5ms", 60_005_000),
  ])
  func `a span is read with falling units`(text: String, microseconds: Int64) {
    #expect(TimeSpan(text)?.microseconds == microseconds)
  }

  @Test(arguments: [
    "", "5", "d", "3h12d", "1d1d", "1.5h", "-1d", "1 d", "1D", "1y", "1mo", "9999999999999999d", "4000000d",
    "999999999999999w", "1d2", "١d",
  ])
  func `what is no span is refused`(text: String) { #expect(TimeSpan(text) == nil) }

  @Test func `a span prints and reads back`() {
    var random = RandomStream(seed: 6, purpose: 1)
    for _ in 0..<2000 {
      let span = TimeSpan(microseconds: Int64(random.next() >> 8) >> Int64(random.below(50)))
      if span.microseconds > 300_000_000_000_000_000 { continue }
      #expect(TimeSpan(span.description) == span, "\(span)")
    }
    #expect(TimeSpan.zero.description == "0s")
    #expect((TimeSpan.hours(-36)).description == "-1d12h")
  }
}
