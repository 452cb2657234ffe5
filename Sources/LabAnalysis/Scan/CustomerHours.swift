import LabCore
import LabTable

/// What every customer did in every hour: the aggregate behind all figures per customer over time.
///
/// Cells are sorted by customer, then by hour; hours without a call have none. One pass over the calls appends to the cell
/// that a customer was in last, so the work is linear, and memory is 72 bytes per customer and hour with calls.
struct CustomerHours: Sendable {
  /// The calls of one customer in one hour. Sums of unknown figures leave them out.
  struct Cell: Sendable {
    /// The code of the customer in the table's dictionary.
    var customer: UInt32
    /// Hours since 1970 UTC.
    var hour: Int32
    var calls: UInt32 = 0
    /// Failed calls, rate-limited ones included.
    var errors: UInt32 = 0
    var rateLimits: UInt32 = 0
    /// A bit per region code, the last bit standing for all codes from 31 on.
    var regions: UInt32 = 0
    /// The first and the last call, in milliseconds since the hour began.
    var first: UInt32 = 0
    var last: UInt32 = 0
    /// The squares of the gaps between neighbouring calls, in square milliseconds; ``disordered`` when a call stands in the
    /// file before an earlier one, which leaves no gaps to speak of.
    var squaredGaps: Int64 = 0
    /// Recorded cost in nanodollars.
    var cost: Int64 = 0
    var inputTokens: Int64 = 0
    var outputTokens: Int64 = 0
    /// The sum of ``level(of:)`` of every call's input tokens: a mean that a few long prompts don't move.
    var inputLevels: UInt32 = 0
    /// Calls on models among the dearest (``DearModels``).
    var dearCalls: UInt32 = 0

    /// Days since 1970 UTC.
    var day: Int { Int(floorDivide(Int64(hour), 24)) }
    var totalTokens: Int64 { inputTokens &+ outputTokens }

    static let disordered: Int64 = -1

    /// The binary logarithm of a number of tokens (one more, so that none is 0) in steps of 1/``levelsPerOctave``, straight
    /// lines between powers of two.
    @inline(__always)
    static func level(of tokens: Int64) -> UInt32 {
      let value = UInt64(max(tokens, 0)) &+ 1
      let exponent = 63 &- value.leadingZeroBitCount
      let fraction = (value &<< UInt64(63 &- exponent)) &>> 57 & 63
      return UInt32(truncatingIfNeeded: exponent &<< 6 | Int(fraction))
    }

    static let levelsPerOctave = 64.0

    /// The coefficient of variation of the gaps between the hour's calls; nil under two gaps, without any time between, or
    /// when the calls aren't in order.
    var gapVariation: Double? {
      let gaps = Double(calls) - 1
      let span = Double(last) - Double(first)
      guard gaps >= 2, span > 0, squaredGaps >= 0 else { return nil }
      let mean = span / gaps
      return max(0, Double(squaredGaps) / gaps - mean * mean).squareRoot() / mean
    }

    /// Takes in a cell of the same customer and hour whose calls stand later in the file.
    mutating func add(_ other: Cell) {
      let gap = Int64(other.first) - Int64(last)
      let isOrdered = gap >= 0 && squaredGaps >= 0 && other.squaredGaps >= 0
      squaredGaps = isOrdered ? squaredGaps &+ other.squaredGaps &+ gap &* gap : Self.disordered
      first = min(first, other.first)
      last = max(last, other.last)
      calls &+= other.calls
      errors &+= other.errors
      rateLimits &+= other.rateLimits
      regions |= other.regions
      cost &+= other.cost
      inputTokens &+= other.inputTokens
      outputTokens &+= other.outputTokens
      inputLevels &+= other.inputLevels
      dearCalls &+= other.dearCalls
    }
  }

  private(set) var cells: ContiguousArray<Cell>
  /// Where the cells of each customer code begin; one more entry than customers.
  private(set) var starts: ContiguousArray<Int>

  /// The first hour with a call of any customer.
  let firstHour: Int?

  /// How many customer codes the table has.
  var customerCount: Int { starts.count - 1 }

  /// The cells of a customer, by hour.
  func cells(of customer: Int) -> Slice<ContiguousArray<Cell>> { Slice(base: cells, bounds: range(of: customer)) }

  /// The places of a customer's cells in ``cells``.
  func range(of customer: Int) -> Range<Int> { starts[customer]..<starts[customer + 1] }

  /// The places of a customer's cells of the hours [start, end).
  func range(of customer: Int, from start: Int, to end: Int) -> Range<Int> {
    let all = range(of: customer)
    let first = place(of: start, in: all)
    return first..<max(first, place(of: end, in: all))
  }

  private func place(of hour: Int, in range: Range<Int>) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if Int(cells[middle].hour) < hour { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The columns without which there is no such aggregate.
  static let needed: [UsageColumn] = [.customerID, .timestamp]

  /// The aggregate of a context's calls, made at most once; nil when the table lacks one of ``needed``.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> CustomerHours? {
    guard calls.missing(needed).isEmpty else { return nil }
    return try context.shared.value("customer_hours") { () throws(AnalysisError) in
      let dear = DearModels(calls, context.prices)
      let scan = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: CustomerHourScan.columns, where: context.selection, context.scan,
          from: { CustomerHourScan(calls, dear) }, { $0.add($1) }, merge: { $0.merge($1) })
      }
      return CustomerHours(scan.cells, customers: calls.dictionary(.customerID).count)
    }
  }

  /// Sorts cells by customer and hour and joins those of the same.
  init(_ unsorted: ContiguousArray<Cell>, customers: Int) {
    var starts = ContiguousArray<Int>(repeating: 0, count: customers + 1)
    for cell in unsorted { starts[Int(cell.customer) + 1] += 1 }
    for index in 0..<customers { starts[index + 1] += starts[index] }
    var next = starts
    var sorted = ContiguousArray(repeating: Cell(customer: 0, hour: 0), count: unsorted.count)
    for cell in unsorted {
      let customer = Int(cell.customer)
      sorted[next[customer]] = cell
      next[customer] += 1
    }
    var kept = 0
    for customer in 0..<customers {
      let range = starts[customer]..<starts[customer + 1]
      let isSorted = range.dropFirst().allSatisfy { sorted[$0 - 1].hour <= sorted[$0].hour }
      if !isSorted {
        // Equal hours keep the order of the file, so that gaps mean the same at any number of threads.
        let ordered = range.sorted { (sorted[$0].hour, $0) < (sorted[$1].hour, $1) }.map { sorted[$0] }
        for (offset, cell) in ordered.enumerated() { sorted[range.lowerBound + offset] = cell }
      }
      let start = kept
      for index in range {
        if kept > start, sorted[kept - 1].hour == sorted[index].hour {
          sorted[kept - 1].add(sorted[index])
        } else {
          sorted[kept] = sorted[index]
          kept += 1
        }
      }
      starts[customer] = start
    }
    starts[customers] = kept
    sorted.removeLast(sorted.count - kept)
    firstHour = sorted.lazy.map(\.hour).min().map { Int($0) }
    cells = sorted
    self.starts = starts
  }
}

/// The pass over the calls behind ``CustomerHours``.
private struct CustomerHourScan: Sendable {
  static let columns: [UsageColumn] = [
    .customerID, .timestamp, .status, .errorType, .region, .cost, .inputTokens, .outputTokens, .provider, .model,
  ]

  private(set) var cells: ContiguousArray<CustomerHours.Cell> = []
  /// The cell that each customer was in last, or -1.
  private var latest: ContiguousArray<Int32>
  /// By code whether a call failed, and whether it was limited.
  private let isError: ContiguousArray<Bool>
  private let failure: ContiguousArray<UInt32>
  private let dear: DearModels

  init(_ calls: CallTable, _ dear: DearModels) {
    self.dear = dear
    latest = ContiguousArray(repeating: -1, count: calls.dictionary(.customerID).count)
    let statuses = calls.has(.status) ? calls.dictionary(.status).texts : []
    isError = ContiguousArray(statuses.isEmpty ? [false] : statuses.map { $0 == "error" })
    let types = calls.has(.errorType) ? calls.dictionary(.errorType).texts : []
    // 0 none, 1 an error, 2 a rate limit.
    failure = ContiguousArray(types.isEmpty ? [0] : types.map { $0.isEmpty ? 0 : $0 == "rate_limit" ? 2 : 1 })
  }

  mutating func add(_ block: CallBlock) {
    let (customerCodes, timeValues) = (block.codes(.customerID), block.integers(.timestamp))
    let (statusCodes, typeCodes, regionCodes) = (block.codes(.status), block.codes(.errorType), block.codes(.region))
    let (costValues, inputValues) = (block.integers(.cost), block.integers(.inputTokens))
    let outputValues = block.integers(.outputTokens)
    let (customers, times, costs) = (customerCodes.span, timeValues.span, costValues.span)
    let (inputs, outputs, regions) = (inputValues.span, outputValues.span, regionCodes.span)
    let (statuses, types) = (statusCodes.span, typeCodes.span)
    let (errorFlags, failureKinds) = (self.isError, self.failure)
    let (isError, failure) = (errorFlags.span, failureKinds.span)
    let (providerCodes, modelCodes, dearPairs) = (block.codes(.provider), block.codes(.model), dear)
    let (providers, models) = (providerCodes.span, modelCodes.span)
    // Rows mostly ascend in time, so that the hour of a row is mostly that of the row before.
    var (start, hour) = (Int64.max, Int32(0))
    for row in 0..<block.count {
      let time = times[row]
      guard time != IntegerColumn.unknown else { continue }
      if time < start || time &- start >= 3_600_000_000 {
        let number = floorDivide(time, 3_600_000_000)
        hour = Int32(clamping: number)
        start = number &* 3_600_000_000
      }
      let milliseconds = UInt32(truncatingIfNeeded: (time &- start) / 1000)
      let customer = customers[row]
      var place = Int(latest[Int(customer)])
      if place < 0 || cells[place].hour != hour {
        place = cells.count
        latest[Int(customer)] = Int32(truncatingIfNeeded: place)
        cells.append(CustomerHours.Cell(customer: customer, hour: hour, first: milliseconds, last: milliseconds))
      }
      cells[place].take(
        milliseconds: milliseconds, region: regions[row], isError: isError[Int(statuses[row])],
        failure: failure[Int(types[row])], cost: costs[row], input: inputs[row], output: outputs[row],
        isDear: dearPairs.contains(provider: providers[row], model: models[row]))
    }
  }

  mutating func merge(_ later: CustomerHourScan) { cells.append(contentsOf: later.cells) }
}

extension CustomerHours.Cell {
  /// Takes in a call of the cell's customer and hour; unknown figures are the least number of all.
  @inline(__always)
  fileprivate mutating func take(
    milliseconds: UInt32, region: UInt32, isError: Bool, failure: UInt32, cost: Int64, input: Int64, output: Int64,
    isDear: Bool
  ) {
    let gap = Int64(milliseconds) &- Int64(last)
    squaredGaps = gap >= 0 && squaredGaps >= 0 ? squaredGaps &+ gap &* gap : Self.disordered
    first = min(first, milliseconds)
    last = max(last, milliseconds)
    calls &+= 1
    errors &+= isError || failure > 0 ? 1 : 0
    rateLimits &+= failure == 2 ? 1 : 0
    regions |= 1 &<< min(region, 31)
    self.cost &+= cost == IntegerColumn.unknown ? 0 : cost
    inputTokens &+= input == IntegerColumn.unknown ? 0 : input
    outputTokens &+= output == IntegerColumn.unknown ? 0 : output
    inputLevels &+= Self.level(of: input)
    dearCalls &+= isDear ? 1 : 0
  }
}
