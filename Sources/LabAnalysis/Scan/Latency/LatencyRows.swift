import LabCore
import LabTable

/// The codes of a block's rows on every axis, and what is counted of them.
struct LatencyRows: Sendable {
  private var codes: [ContiguousArray<UInt32>]
  var buckets = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  var units = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)
  /// The hour of the data, or ``RowLoops/noKey``.
  var hours = ContiguousArray<UInt32>(repeating: 0, count: CallBlock.foldedRows)

  init() {
    codes = LatencyAxis.allCases.map { _ in ContiguousArray(repeating: 0, count: CallBlock.foldedRows) }
  }

  subscript(axis: LatencyAxis) -> ContiguousArray<UInt32> {
    get { codes[axis.rawValue] }
    set { codes[axis.rawValue] = newValue }
    _modify { yield &codes[axis.rawValue] }
  }

  /// Moves the codes of an axis out, so that they can be written without a copy; they must be put back.
  mutating func take(_ axis: LatencyAxis) -> ContiguousArray<UInt32> {
    var taken: ContiguousArray<UInt32> = []
    swap(&taken, &codes[axis.rawValue])
    return taken
  }
}

extension LatencyRows {
  /// Sets the codes of a block's rows on all axes, and their buckets.
  mutating func fill(_ block: CallBlock, _ columns: LatencyLoops.Columns, _ plan: LatencyPlan) {
    var strata = take(.stratum)
    LatencyLoops.classify(columns, failures: plan.failures, count: block.count, strata: &strata, buckets: &buckets)
    self[.stratum] = strata
    fill(block, Self.allAxes, hours: true, plan)
  }

  private static let allAxes = Set(LatencyAxis.allCases)

  /// Sets the codes of a block's rows on some axes, and their hours where asked for.
  mutating func fill(_ block: CallBlock, _ axes: Set<LatencyAxis>, hours: Bool, _ plan: LatencyPlan) {
    if axes.contains(.provider) { self[.provider] = block.codes(.provider) }
    if axes.contains(.region) { self[.region] = block.codes(.region) }
    if axes.contains(.feature) { self[.feature] = block.codes(.featureID) }
    if axes.contains(.pair), !plan.pairs.isEmpty {
      RowLoops.numberPairs(
        block.codes(.provider), block.codes(.model), plan.pairs, count: block.count, into: &self[.pair])
    }
    if let time = plan.time, hours || axes.contains(.series) || axes.contains(.era) {
      number(block.integers(.timestamp), time, count: block.count)
    }
  }

  /// Sets the hour, the step of the series, the unit of days and the era of every row.
  private mutating func number(_ times: ContiguousArray<Int64>, _ time: LatencyTime, count: Int) {
    var series = take(.series)
    var eras = take(.era)
    Self.fill(times, time, count: count, &series, &eras, &hours, &units)
    self[.series] = series
    self[.era] = eras
  }

  private static func fill(
    _ times: borrowing ContiguousArray<Int64>, _ time: LatencyTime, count: Int, _ series: inout ContiguousArray<UInt32>,
    _ eras: inout ContiguousArray<UInt32>, _ hours: inout ContiguousArray<UInt32>,
    _ units: inout ContiguousArray<UInt32>
  ) {
    RowLoops.forEachRun(of: times, count: count, width: 3_600_000_000) { rows, number in
      let offset = number.map { $0 &- time.firstHour } ?? -1
      if let number, offset >= 0, offset < Int64(time.hours) {
        RowLoops.fill(&hours, rows, UInt32(offset))
        RowLoops.fill(&series, rows, UInt32(floorDivide(number, time.seriesHours) - time.firstStep))
        RowLoops.fill(&units, rows, UInt32((floorDivide(number, 24) - time.firstDay) / time.unitDays))
        RowLoops.fill(&eras, rows, offset >= LatencyTime.eraHours ? 1 : 0)
      } else {
        RowLoops.fill(&hours, rows, RowLoops.noKey)
        RowLoops.fill(&series, rows, RowLoops.noKey)
        RowLoops.fill(&units, rows, 0)
        RowLoops.fill(&eras, rows, 0)
      }
    }
  }

  /// Writes the cell of every row in the grid of incidents, or ``RowLoops/noKey``.
  func numberGrid(_ plan: LatencyPlan, count: Int, into keys: inout ContiguousArray<UInt32>) {
    RowLoops.setKeys(self[.provider], stride: plan.size(.region), count: count, to: &keys)
    RowLoops.addKeys(self[.region], stride: 1, count: count, to: &keys)
    addHours(width: plan.gridCells, count: count, to: &keys)
  }

  /// The same where the place within an hour follows from a code of the row.
  func numberGrid(
    _ plan: LatencyPlan, places: borrowing ContiguousArray<UInt32>, at codes: borrowing ContiguousArray<UInt32>,
    count: Int, into keys: inout ContiguousArray<UInt32>
  ) {
    RowLoops.setValues(of: places, at: codes, count: count, to: &keys)
    addHours(width: plan.gridCells, count: count, to: &keys)
  }

  private func addHours(width: Int, count: Int, to keys: inout ContiguousArray<UInt32>) {
    RowLoops.placeInTurn(hours, width: width, count: count, in: &keys)
  }
}
