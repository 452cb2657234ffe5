import LabPipeline
import LabTestSupport
import Testing

@Suite struct GeneratedDocsTests {
  @Test func `every generated page of the repository is current`() throws {
    let pages = GeneratedDocs.pages()
    #expect(pages.map(\.path).contains("scenarios/scenario.schema.json"))
    for page in pages {
      let isCurrent = (try? PackageRoot.bytes(of: page.path)) == Array(page.text.utf8)
      #expect(isCurrent, "\(page.path) is stale; mend it with: swift run finops-lab generate-docs")
    }
  }
}
