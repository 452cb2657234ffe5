import LabCore
import LabPrices
import LabTestSupport
import Testing
@Test func dump() throws {
  let clock = ContinuousClock()
  let bytes = try SharedData.bytes(of: "prices/litellm-model-prices-1.109.1.json")
  var r: (book: PriceBook, report: PriceMapImport.Report)?
  let t = try clock.measure { r = try PriceMapImport.read(bytes: bytes, name: "x/map.json") }
  let report = r!.report
  print(t, report.entries, report.imported, report.merged, report.documentation, report.invalid, report.withoutOutput, report.free, report.roundedPrices, report.reasoningAsOutput)
  print(report.withoutTokenPrices.map { "\($0.name) \($0.count)" })
  print(report.partlyPriced.map { "\($0.name) \($0.count)" })
  for f in report.leftOut where f.isPrice { print(f.name, f.keys, f.models, terminator: "; ") }
  print()
  print(report.leftOut.filter { !$0.isPrice }.map(\.name))
  for c in report.collisions { print(c) }
  for p in report.problems { print(p) }
  let w = r!.book.written()
  print(w.count)
}
