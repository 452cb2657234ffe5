import LabCore
import LabTable

/// Tokens of successful calls by customer: a price per token bills no failed call.
struct BillableTokens: Sendable {
  static let columns: [UsageColumn] = [.customerID, .timestamp, .status, .errorType, .inputTokens, .outputTokens]

  private(set) var inputs: ContiguousArray<Int64>
  private(set) var outputs: ContiguousArray<Int64>
  private let isError: [Bool]
  private let hasType: [Bool]

  /// The tokens of a context's calls; made only where a price model asks for them.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> BillableTokens {
    try context.shared.value("billable_tokens") { () throws(AnalysisError) in
      try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: columns, where: context.selection, context.scan, from: { BillableTokens(calls) }, { $0.add($1) },
          merge: { $0.merge($1) })
      }
    }
  }

  private init(_ calls: CallTable) {
    inputs = ContiguousArray(repeating: 0, count: calls.dictionary(.customerID).count)
    outputs = inputs
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    isError = statuses.isEmpty ? [false] : statuses.map { $0 == "error" }
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    hasType = types.isEmpty ? [false] : types.map { !$0.isEmpty }
  }

  private mutating func add(_ block: CallBlock) {
    let (customers, times) = (block.codes(.customerID), block.integers(.timestamp))
    let (statuses, types) = (block.codes(.status), block.codes(.errorType))
    let (inputValues, outputValues) = (block.integers(.inputTokens), block.integers(.outputTokens))
    // Out of the value while the loop runs, so that no access is checked row by row.
    var (inputs, outputs): (ContiguousArray<Int64>, ContiguousArray<Int64>) = ([], [])
    swap(&inputs, &self.inputs)
    swap(&outputs, &self.outputs)
    for row in 0..<block.count where times[row] != IntegerColumn.unknown {
      if isError[Int(statuses[row])] || hasType[Int(types[row])] { continue }
      let customer = Int(customers[row])
      inputs[customer] &+= max(0, inputValues[row])
      outputs[customer] &+= max(0, outputValues[row])
    }
    swap(&inputs, &self.inputs)
    swap(&outputs, &self.outputs)
  }

  private mutating func merge(_ other: BillableTokens) {
    for index in inputs.indices {
      inputs[index] &+= other.inputs[index]
      outputs[index] &+= other.outputs[index]
    }
  }
}

/// A customer's own whole days with their use, for months to be drawn from.
struct CustomerDays {
  /// The last so many days of the window are looked at: two years.
  static let limit = 731

  /// The whole days of each stretch without a gap, as days since 1970, in order.
  private(set) var stretches: [Range<Int>] = []
  var count: Int { stretches.reduce(0) { $0 + $1.count } }

  /// The whole days on which an account subscribed; those of the window where no subscriptions are known.
  init(_ account: CustomerLedger.Account, _ ledger: CustomerLedger) {
    let window = ledger.window
    var list: [(from: Int64, to: Int64)] = []
    for step in ledger.steps[account.steps] {
      if let last = list.last, last.to >= step.from {
        list[list.count - 1].to = max(last.to, step.to)
      } else {
        list.append((step.from, step.to))
      }
    }
    if ledger.source == .unknown { list = [(window.lowerBound.microseconds, window.upperBound.microseconds)] }
    let first = window.upperBound.day - Self.limit + 1
    for stretch in list {
      let days = WholePeriods(
        first: Instant(microseconds: stretch.from), last: Instant(microseconds: stretch.to)
      ).days
      let clipped = max(days.lowerBound, first)..<max(days.upperBound, first)
      if !clipped.isEmpty {
        stretches.append(max(clipped.lowerBound, stretches.last?.upperBound ?? .min)..<clipped.upperBound)
      }
    }
  }

  /// Adds a figure of a customer's hours to its days.
  func sum(_ hours: CustomerHours, of customer: Int, _ figure: (CustomerHours.Cell) -> Double) -> [Double] {
    var days = [Double](repeating: 0, count: count)
    guard var stretch = stretches.first else { return days }
    var (number, offset) = (0, 0)
    for cell in hours.cells(of: customer) {
      let day = cell.day
      while day >= stretch.upperBound, number + 1 < stretches.count {
        offset += stretch.count
        number += 1
        stretch = stretches[number]
      }
      if stretch.contains(day) { days[offset + day - stretch.lowerBound] += figure(cell) }
    }
    return days
  }
}
