import LabCore
import LabTable

/// The gaps between neighbouring calls of each customer: how bursty they are.
///
/// Sums are whole microseconds and their squares in 128 bits, so that they don't depend on how rows are spread over
/// threads. A call that comes before the one above it in the file makes no gap.
struct CustomerGaps: Sendable {
  /// What every call changes: 32 bytes, so that the states of many customers stay in a core's cache.
  private struct State: Sendable {
    var last = Int64.min
    /// The gaps that count.
    var count: Int64 = 0
    /// The sum of their squares, in two words.
    var squaresLow: UInt64 = 0
    var squaresHigh: UInt64 = 0

    @inline(__always)
    mutating func add(gap: Int64) {
      let square = gap.magnitude.multipliedFullWidth(by: gap.magnitude)
      add(low: square.low, high: square.high)
      count &+= 1
    }

    @inline(__always)
    mutating func add(low: UInt64, high: UInt64) {
      let (sum, carries) = squaresLow.addingReportingOverflow(low)
      squaresLow = sum
      squaresHigh &+= high &+ (carries ? 1 : 0)
    }

    /// Rounded once: two words that are each rounded miss the last digit from 2⁶⁴ on.
    var squares: Double { Double(UInt128(squaresHigh) << 64 | UInt128(squaresLow)) }
  }

  private var states: ContiguousArray<State>
  private var firsts: ContiguousArray<Int64>
  /// The sum of the steps back in time: with the gaps that count they make the way from the first call to the last.
  private var stepsBack: ContiguousArray<Int64>

  init(customers: Int) {
    states = ContiguousArray(repeating: State(), count: customers)
    firsts = ContiguousArray(repeating: .min, count: customers)
    stepsBack = ContiguousArray(repeating: 0, count: customers)
  }

  mutating func add(_ block: CallBlock) {
    let times = block.integers(.timestamp)
    let customers = block.codes(.customerID)
    let rows = 0..<block.count
    let (time, customer) = (times.span.extracting(rows), customers.span.extracting(rows))
    // Out of the value while the span is there (docs/decisions/0008).
    var own: ContiguousArray<State> = []
    swap(&own, &self.states)
    var states = own.mutableSpan
    for row in rows where time[row] != IntegerColumn.unknown {
      let number = Int(customer[row])
      var state = states[number]
      let gap = time[row] &- state.last
      if state.last == .min {
        firsts[number] = time[row]
      } else if gap >= 0 {
        state.add(gap: gap)
      } else {
        stepsBack[number] &+= gap
      }
      state.last = time[row]
      states[number] = state
    }
    swap(&own, &self.states)
  }

  /// Takes in what came after.
  mutating func merge(_ later: CustomerGaps) {
    for index in states.indices where later.states[index].last != .min {
      let next = later.states[index]
      stepsBack[index] &+= later.stepsBack[index]
      if states[index].last == .min {
        (states[index], firsts[index]) = (next, later.firsts[index])
        continue
      }
      let gap = later.firsts[index] &- states[index].last
      if gap >= 0 { states[index].add(gap: gap) } else { stepsBack[index] &+= gap }
      states[index].count &+= next.count
      states[index].add(low: next.squaresLow, high: next.squaresHigh)
      states[index].last = next.last
    }
  }

  /// The coefficients of variation (standard deviation over mean) of customers with at least `minimum` gaps, ascending.
  func variations(minimum: Int64) -> [Double] {
    var result: [Double] = []
    for (index, state) in states.enumerated() where state.count >= minimum {
      let sum = state.last &- firsts[index] &- stepsBack[index]
      guard sum > 0 else { continue }
      let count = Double(state.count)
      let mean = Double(sum) / count
      let variance = max(0, state.squares / count - mean * mean)
      result.append(variance.squareRoot() / mean)
    }
    return result.sorted()
  }
}
