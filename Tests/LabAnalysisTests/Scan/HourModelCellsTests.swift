import LabCore
import LabPrices
import LabTable
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct HourModelCellsTests {
  private func cells(_ csv: String, threads: Int = 1, prices: PriceBook? = nil) throws -> HourModelCells? {
    let context = AnalysisContext(prices: prices, threads: threads)
    return try HourModelCells.of(try AnalysisFixture.table(csv), in: context)
  }

  @Test func `old calls cost what the window's end asks, and failed calls stand apart`() throws {
    let cells = try #require(try cells(AnalysisFixture.six, prices: try AnalysisFixture.book()))
    #expect(cells.firstHour == Instant(date: CivilDate(year: 2026, month: 1, day: 5)).hour)
    #expect(cells.hourCount == 13 * 24 + 24)
    #expect(cells.cells.count == 6)
    #expect(cells.cells(ofHour: 0).map { cells.constantCost(of: $0).nanodollars } == [9_400_000])
    // Mid before the 12th cost half of what it does at the end.
    let old = cells.cells(ofHour: 58)
    #expect(old.map(\.recordedCost.nanodollars) == [6_000_000])
    #expect(old.map { cells.constantCost(of: $0).nanodollars } == [12_000_000])
    #expect(old.map { cells.series[$0.series].model } == ["mid"])
    let failed = cells.cells.filter(\.isFailed)
    #expect(failed.map(\.calls) == [1] && failed.map { cells.constantCost(of: $0) } == [.zero])
    // What was recorded wrongly is repriced, not carried on.
    #expect(cells.cells.last.map { cells.constantCost(of: $0).nanodollars } == 3_000_000)
    #expect(cells.cells.last?.recordedCost.nanodollars == 4_000_000)
  }

  @Test func `without prices every model is a series that costs what was recorded`() throws {
    let cells = try #require(try cells(AnalysisFixture.six))
    #expect(cells.cells.map { cells.series[$0.series].model } == ["big", "small", "mid", "mid", "big", "small"])
    for cell in cells.cells { #expect(cells.constantCost(of: cell) == cell.recordedCost) }
  }

  @Test func `the sums tie out, and shuffled rows at any width give the same cells`() throws {
    let csv = AnalysisFixture.random(rows: 5000)
    let book = try AnalysisFixture.book()
    let one = try #require(try cells(csv, threads: 1, prices: book))
    let calls = one.cells.reduce(0) { $0 + $1.calls }
    #expect(calls == 5000)
    var lines = csv.split(separator: "\n").map(String.init)
    let header = lines.removeFirst()
    var random = RandomStream(seed: 4, purpose: 4)
    for index in lines.indices.reversed() { lines.swapAt(index, random.below(index + 1)) }
    let two = try #require(try cells(([header] + lines).joined(separator: "\n") + "\n", threads: 2, prices: book))
    func sums(_ cells: HourModelCells) -> [String: SIMD8<Int64>] {
      var sums: [String: SIMD8<Int64>] = [:]
      for cell in cells.cells {
        let series = cells.series[cell.series]
        sums["\(cell.hour) \(series.provider) \(series.model) \(cell.isFailed)", default: SIMD8(repeating: 0)] &+=
          cell.lanes
      }
      return sums
    }
    #expect(sums(one) == sums(two))
  }

  @Test func `no timestamps, no calls and calls centuries apart have none`() throws {
    #expect(try cells("cost_usd,region\n1,x\n") == nil)
    #expect(try cells(AnalysisFixture.header + "\n") == nil)
    let stray =
      "0001-01-01T00:00:00Z,o,p,f,c,a,t,1,alpha,big,us,1,1,2,1,0.1,success,,,a,0,prod\n"
      + "9999-12-31T23:59:59Z,o,p,f,c,a,t,1,alpha,big,us,1,1,2,1,0.1,success,,,b,0,prod\n"
    #expect(try cells(AnalysisFixture.header + "\n" + stray) == nil)
  }
}
