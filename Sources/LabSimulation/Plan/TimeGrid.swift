import LabCore

/// A stretch of simulated time in which every factor is constant; calls are drawn slot by slot.
struct Slot: Sendable {
  /// In microseconds since 1970.
  var start: Int64
  var end: Int64
  var phase: Int
  /// Expected calls, retries not counted.
  var expectedCalls: Double

  var hours: Double { Double(end - start) / 3.6e9 }
  var middle: Instant { Instant(microseconds: start + (end - start) / 2) }
}

/// Cuts the phases into slots.
enum TimeGrid {
  /// Lengths of a slot in minutes: divisors of an hour, so that hours of the clock are never cut across.
  private static let lengths: [Int64] = [60, 30, 15, 10, 5, 2, 1]
  /// The fewest slots of a phase, so that a curve over a short phase is followed.
  private static let fewestSlots: Int64 = 64

  /// The slots of a phase: on the grid of the UTC clock, cut at the phase's ends and at the breakpoints.
  ///
  /// - Parameter offsets: the leads on UTC of the zones; midnights and full hours there must be slot borders too.
  static func slots(
    from start: Instant, length: TimeSpan, phase: Int, offsets: [TimeSpan], breakpoints: [TimeSpan]
  ) -> [Slot] {
    guard length.microseconds > 0 else { return [] }
    let end = (start + length).microseconds
    let step = slotMicroseconds(length: length, offsets: offsets)
    var cuts: [Int64] = [start.microseconds, end]
    var next = (floorDivide(start.microseconds, step) + 1) * step
    while next < end {
      cuts.append(next)
      next += step
    }
    for breakpoint in breakpoints where breakpoint.microseconds > 0 && breakpoint < length {
      cuts.append((start + breakpoint).microseconds)
    }
    cuts.sort()
    var slots: [Slot] = []
    slots.reserveCapacity(cuts.count)
    for index in 1..<cuts.count where cuts[index] > cuts[index - 1] {
      slots.append(Slot(start: cuts[index - 1], end: cuts[index], phase: phase, expectedCalls: 0))
    }
    return slots
  }

  private static func slotMicroseconds(length: TimeSpan, offsets: [TimeSpan]) -> Int64 {
    let minute = TimeSpan.minutes(1).microseconds
    for minutes in lengths {
      let step = minutes * minute
      if offsets.allSatisfy({ $0.microseconds % step == 0 }), length.microseconds / step >= fewestSlots { return step }
    }
    return minute
  }
}
