import LabCore
import LabTable

/// The calls that are meant and their recorded cost: the two figures that every summary begins with.
struct CallTotals: Sendable {
  var calls: Int64 = 0
  /// Nil where no call has a cost.
  var cost: Money?

  /// Made at most once for a context.
  static func of(_ calls: CallTable, in context: AnalysisContext) throws(AnalysisError) -> CallTotals {
    try context.shared.value("call_totals") { () throws(AnalysisError) in
      let sums = try context.scanning { () throws(LabFailure) in
        try calls.fold(
          reading: [.cost], where: context.selection, context.scan, from: { (calls: Int64(0), cost: Int64(0)) }
        ) { sums, block in
          let costs = block.integers(.cost)
          let values = costs.span
          for row in 0..<block.count where values[row] != IntegerColumn.unknown { sums.cost &+= values[row] }
          sums.calls &+= Int64(block.count)
        } merge: { sums, other in
          sums.calls &+= other.calls
          sums.cost &+= other.cost
        }
      }
      return CallTotals(calls: sums.calls, cost: calls.hasRecordedCosts ? Money(nanodollars: sums.cost) : nil)
    }
  }
}
