import LabCore
import LabTable
import Testing

@testable import LabAnalysis

@Suite struct ChargeScanTests {
  private func cells(_ table: CallTable, _ context: AnalysisContext, isDense: Bool) throws -> [ChargeScan.Cell] {
    let plan = try Alignment().plan(for: table, in: context, context.timeRange(of: table))
    #expect(plan.isDense)
    return try table.fold(
      reading: plan.columns, context.scan, from: { ChargeScan(plan, isDense: isDense) }, { $0.add($1) },
      merge: { $0.merge($1) }
    ).cells
  }

  @Test func `combinations with places of their own have the sums of those found by their key`() throws {
    let table = try AnalysisFixture.table(AnalysisFixture.random(rows: 70_000, days: 40))
    var settings = AnalyzerSettings(requiredTags: ["team"])
    settings.invoices = [
      InvoiceLine(provider: "alpha", year: 2026, month: 1, amount: Money(nanodollars: 1_000_000_000))
    ]
    for threads in [1, 3] {
      let context = AnalysisContext(settings: settings, threads: threads)
      let dense = try cells(table, context, isDense: true)
      let sparse = try cells(table, context, isDense: false)
      #expect(dense.count == sparse.count && dense.count > 1000)
      #expect(Set(dense.map(\.month)) == [nil, 0] && Set(dense.map(\.isTagged)) == [true, false])
      #expect(dense.reduce(0) { $0 + $1.calls } == 70_000)
      for (left, right) in zip(dense, sparse) {
        #expect(left.organization == right.organization && left.product == right.product)
        #expect(left.feature == right.feature && left.provider == right.provider && left.model == right.model)
        #expect(left.month == right.month && left.isTagged == right.isTagged && left.sums == right.sums)
      }
    }
  }
}
