import LabCore
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct CustomerHoursTests {
  private static let header =
    "timestamp,customer_id,region,input_tokens,output_tokens,cost_usd,status,error_type\n"

  private func hours(_ csv: String, threads: Int = 2) throws -> (CallTable, CustomerHours) {
    let table = try AnalysisFixture.table(csv)
    return (table, try #require(try CustomerHours.of(table, in: AnalysisContext(threads: threads))))
  }

  @Test func `every call is in the cell of its customer and hour`() throws {
    let (table, hours) = try hours(
      Self.header + """
        2026-01-05T00:00:10Z,a,us,10,1,0.1,success,
        2026-01-05T00:00:20Z,b,us,20,2,0.2,error,rate_limit
        2026-01-05T00:00:20Z,a,eu,30,3,,error,timeout
        2026-01-05T00:00:50Z,a,us,40,4,0.4,success,
        2026-01-05T03:00:00Z,a,us,50,5,0.5,success,

        """)
    let a = Int(try #require(table.dictionary(.customerID).code(of: "a")))
    let cells = hours.cells(of: a)
    #expect(cells.count == 2)
    let cell = try #require(cells.first)
    #expect(cell.calls == 3 && cell.errors == 1 && cell.rateLimits == 0)
    #expect(cell.inputTokens == 80 && cell.outputTokens == 8 && cell.cost == 500_000_000)
    #expect(cell.regions.nonzeroBitCount == 2)
    #expect(cell.first == 10_000 && cell.last == 50_000)
    // Gaps of 10 and 30 s: mean 20, deviation 10, so the variation is one half.
    #expect(cell.gapVariation == 0.5)
    #expect(cells.last?.hour == cell.hour + 3)
    let b = Int(try #require(table.dictionary(.customerID).code(of: "b")))
    #expect(hours.cells(of: b).first?.rateLimits == 1)
    #expect(hours.cells(of: b).first?.gapVariation == nil)
  }

  @Test func `lengths of more calls than 32 bits can sum up are those of the mean call`() {
    typealias Cell = CustomerHours.Cell
    let level = Cell.level(of: 1000)
    var cell = Cell(customer: 0, hour: 0)
    // Doubled again and again: 2²⁵ calls of a thousand tokens.
    cell.calls = 1
    cell.inputTokens = 1000
    cell.add(levels: level)
    let one = cell.levels
    for _ in 0..<25 { cell.add(cell) }
    #expect(cell.calls == 1 << 25)
    #expect(abs(cell.levels / Double(cell.calls) - one) < 1e-9, "\(cell.levels / Double(cell.calls)) beside \(one)")
    cell.add(levels: 0)
    cell.add(levels: level)
    #expect(abs(cell.levels / Double(cell.calls) - one) < 1e-9, "what left 32 bits stays out of them")
  }

  @Test func `rows out of order give the same sums and no gaps`() throws {
    let (_, hours) = try hours(
      Self.header + """
        2026-01-05T05:00:50Z,a,us,1,1,0.1,success,
        2026-01-05T00:00:30Z,a,us,1,1,0.1,success,
        2026-01-05T05:00:10Z,a,us,1,1,0.1,success,
        2026-01-05T05:00:20Z,a,us,1,1,0.1,success,

        """)
    #expect(hours.all.map(\.calls) == [1, 3])
    #expect(hours.all.last?.first == 10_000 && hours.all.last?.last == 50_000)
    #expect(hours.all.last?.gapVariation == nil)
  }

  @Test func `the cells are the same at any width and sum to the table`() throws {
    let csv = AnalysisFixture.random(rows: 140_000, days: 7, customers: 50)
    let table = try AnalysisFixture.table(csv)
    var seen: [[String]] = []
    for threads in [1, 2, 8] {
      let hours = try #require(try CustomerHours.of(table, in: AnalysisContext(threads: threads)))
      seen.append(hours.all.map { "\($0)" })
      #expect(hours.all.reduce(0) { $0 + Int($1.calls) } == table.rowCount)
    }
    #expect(seen[0] == seen[1] && seen[1] == seen[2])
  }

  @Test func `limits by customer and hour are those of the full cells, read alone or taken from them`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.random(rows: 20_000, days: 7, customers: 50))
    let (alone, both) = (AnalysisContext(threads: 3), AnalysisContext(threads: 1))
    let own = try #require(try CustomerLimits.of(table, in: alone))
    let hours = try #require(try CustomerHours.of(table, in: both))
    let taken = try #require(try CustomerLimits.of(table, in: both))
    #expect(!alone.shared.has(CustomerHours.key))
    let expected = hours.all.map { "\($0.customer) \($0.hour) \($0.calls) \($0.rateLimits)" }
    for limits in [own, taken] {
      #expect(limits.starts == hours.starts && limits.ends == hours.ends)
      #expect(limits.all.map { "\($0.customer) \($0.hour) \($0.calls) \($0.rateLimits)" } == expected)
    }
    #expect(hours.all.contains { $0.rateLimits > 0 })
  }

  @Test func `a shared aggregate is made once, and anew for another selection`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.six)
    var context = AnalysisContext()
    var made = 0
    let read = { () throws(AnalysisError) -> Int in
      try context.shared.value("count") { () throws(AnalysisError) -> Int in
        made += 1
        return made
      }
    }
    #expect(try read() == 1)
    #expect(try read() == 1)
    context.selection = try table.selecting(CallFilter(terms: [.init(key: "provider", values: ["beta"])]))
    #expect(try read() == 2)
    let hours = try #require(try CustomerHours.of(table, in: context))
    #expect(hours.all.reduce(0) { $0 + Int($1.calls) } == 2)
  }
}
