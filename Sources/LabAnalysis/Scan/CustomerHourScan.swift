import LabCore
import LabTable

/// The pass over the calls behind ``CustomerHours``: the cells of the hour that the rows are in grow side by side, so that
/// they stay in a core's cache; those of the hours before wait in chunks.
struct CustomerHourScan: Sendable {
  typealias Cell = CustomerHours.Cell

  static let columns: [UsageColumn] = [
    .customerID, .timestamp, .status, .errorType, .region, .cost, .inputTokens, .outputTokens, .provider, .model,
  ]
  /// Cells that are put away together: 300 kB.
  private static let chunkSize = 4096

  private var chunks: [ContiguousArray<Cell>] = []
  /// The cells that aren't put away yet; behind the first `used` there is only room.
  private var recent: ContiguousArray<Cell> = []
  private var used = 0
  /// How many cells have been put away, and the number of the first cell of the hour that the rows are in, among all.
  private var away = 0
  private var hourStart = 0
  /// The hour that the rows are in, and where it begins: rows mostly ascend in time.
  private var hour = Int32.min
  private var start = Int64.max
  /// The number, among all, of the cell that each customer was in last, or -1.
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
    let room = used + block.count - recent.count
    if room > 0 { recent.append(contentsOf: repeatElement(Cell(customer: 0, hour: 0), count: room)) }
    take(block)
    // What lies before the hour that the rows are in is done.
    let done = hourStart - away
    guard done >= Self.chunkSize else { return }
    chunks.append(ContiguousArray(recent[..<done]))
    for index in done..<used { recent[index - done] = recent[index] }
    used -= done
    away += done
  }

  private mutating func take(_ block: CallBlock) {
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
    var (start, hour, first, used) = (self.start, self.hour, hourStart, self.used)
    let away = self.away
    // Out of the value while the loop runs, so that both can be written.
    var (recent, lastCells) = (ContiguousArray<Cell>(), ContiguousArray<Int32>())
    swap(&recent, &self.recent)
    swap(&lastCells, &latest)
    var cells = recent.mutableSpan
    var latest = lastCells.mutableSpan
    for row in 0..<block.count {
      let time = times[row]
      guard time != IntegerColumn.unknown else { continue }
      if time < start || time &- start >= 3_600_000_000 {
        let number = floorDivide(time, 3_600_000_000)
        hour = Int32(clamping: number)
        start = number &* 3_600_000_000
        first = away &+ used
      }
      let milliseconds = UInt32(truncatingIfNeeded: (time &- start) / 1000)
      let customer = customers[row]
      var number = Int(latest[Int(customer)])
      if number < first {
        number = away &+ used
        latest[Int(customer)] = Int32(truncatingIfNeeded: number)
        cells[used] = Cell(customer: customer, hour: hour, first: milliseconds, last: milliseconds)
        used &+= 1
      }
      cells[number &- away].take(
        milliseconds: milliseconds, region: regions[row], isError: isError[Int(statuses[row])],
        failure: failure[Int(types[row])], cost: costs[row], input: inputs[row], output: outputs[row],
        isDear: dearPairs.contains(provider: providers[row], model: models[row]))
    }
    swap(&recent, &self.recent)
    swap(&lastCells, &self.latest)
    (self.start, self.hour, hourStart, self.used) = (start, hour, first, used)
  }

  /// All cells in the order of the file.
  consuming func finished() -> [ContiguousArray<Cell>] { chunks + [ContiguousArray(recent[..<used])] }

  mutating func merge(_ later: CustomerHourScan) {
    chunks += [ContiguousArray(recent[..<used])] + later.chunks
    (recent, used) = (later.recent, later.used)
  }
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
