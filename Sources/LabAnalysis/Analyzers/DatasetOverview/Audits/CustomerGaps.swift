import LabCore
import LabTable

/// The gaps between neighbouring calls of each customer: how bursty they are.
///
/// Sums are whole microseconds and their squares in 128 bits, so that they don't depend on how rows are spread over
/// threads. A call that comes before the one above it in the file makes no gap.
struct CustomerGaps: Sendable {
  private struct State: Sendable {
    var first = Int64.min
    var last = Int64.min
    var count: Int64 = 0
    var sum: Int64 = 0
    var squares: Int128 = 0

    @inline(__always)
    mutating func add(gap: Int64) {
      guard gap >= 0 else { return }
      count &+= 1
      sum &+= gap
      squares &+= Int128(gap) &* Int128(gap)
    }
  }

  private var states: ContiguousArray<State>

  init(customers: Int) { states = ContiguousArray(repeating: State(), count: customers) }

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
      if state.last == .min {
        state.first = time[row]
      } else {
        state.add(gap: time[row] &- state.last)
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
      if states[index].last == .min {
        states[index] = next
        continue
      }
      states[index].add(gap: next.first &- states[index].last)
      states[index].count &+= next.count
      states[index].sum &+= next.sum
      states[index].squares &+= next.squares
      states[index].last = next.last
    }
  }

  /// The coefficients of variation (standard deviation over mean) of customers with at least `minimum` gaps, ascending.
  func variations(minimum: Int64) -> [Double] {
    var result: [Double] = []
    for state in states where state.count >= minimum && state.sum > 0 {
      let count = Double(state.count)
      let mean = Double(state.sum) / count
      let variance = max(0, Double(state.squares) / count - mean * mean)
      result.append(variance.squareRoot() / mean)
    }
    return result.sorted()
  }
}
