import Foundation
import LabTestSupport
import Testing

@testable import LabAnalysis

@Suite struct AnalyzerDocumentTests {
  /// Rewrites the page when asked to; the contract test compares.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["UPDATE_DOCS"] != nil))
  func `the page is written when UPDATE_DOCS is set`() throws {
    let page = AnalyzerDocument.markdown()
    try Data(page.utf8).write(to: URL(fileURLWithPath: PackageRoot.file(AnalyzerDocument.path)))
    #expect(try PackageRoot.bytes(of: AnalyzerDocument.path) == Array(page.utf8))
  }

  @Test(arguments: ["abuse_detection", "churn_growth", "optimization", "performance", "realtime", "understanding"])
  func `what detects or forecasts says how well`(id: String) throws {
    #expect(try !#require(AnalyzerRegistry.descriptor(id)).measured.isEmpty)
  }

  @Test func `the page names every analyzer and every metric`() {
    let page = AnalyzerDocument.markdown()
    for descriptor in AnalyzerRegistry.descriptors {
      #expect(page.contains("### \(descriptor.id): "))
      for metric in descriptor.metrics { #expect(page.contains("| `\(metric.id)` |")) }
      for sentence in descriptor.measured { #expect(page.contains("- \(sentence)\n")) }
    }
  }
}
