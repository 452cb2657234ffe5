import LabCore
import LabJSON
import LabTestSupport
import Testing

@Suite struct ObjectReaderTests {
  private func reader(_ text: String) throws -> (ObjectReader, ProblemList) {
    let document = try JSONReader.read(Array(text.utf8), name: "s.json")
    let problems = ProblemList(sources: [document.source])
    return (ObjectReader(document.root, path: "", problems: problems), problems)
  }

  @Test func `values of the right type are read and the others reported with path and place`() throws {
    var (object, problems) = try reader("{\n \"name\": \"x\",\n \"seed\": 4.5,\n \"share\": \"0.25\",\n \"on\": 1\n}")
    #expect(object.string("name") == "x")
    #expect(object.integer("seed") == nil)
    #expect(object.decimal("share") == ExactDecimal("0.25"))
    #expect(object.boolean("on") == nil)
    #expect(object.number("missing") == nil)
    object.finish()
    #expect(
      problems.diagnostics.map(\.description) == [
        "s.json:3:10: error: expected a whole number, found 4.5\n  at seed",
        "s.json:5:8: error: expected true or false, found 1\n  at on",
      ])
  }

  @Test func `a key that nobody asked for gets the nearest name`() throws {
    var (object, problems) = try reader(#"{"sed": 1, "unrelated": 2}"#)
    _ = object.integer("seed")
    _ = object.required("name")
    object.finish()
    #expect(problems.diagnostics.map(\.code) == ["missing_key", "unknown_key", "unknown_key"])
    #expect(problems.diagnostics[1].help == "did you mean 'seed'?")
    #expect(problems.diagnostics[2].help == "known keys: name, seed")
    #expect(problems.diagnostics[2].location?.column == 12)
    #expect(problems.hasErrors)
  }

  @Test func `what is no object is reported once`() throws {
    var (object, problems) = try reader("[1]")
    _ = object.required("name")
    object.finish()
    #expect(problems.diagnostics.map(\.sentence) == ["expected an object, found an array"])
  }

  @Test(.enabled(if: SharedData.isPresent, SharedData.absence))
  func `the common price map is read with every model`() throws {
    let file = "prices/litellm-model-prices-1.109.1.json"
    let document = try JSONReader.read(try SharedData.bytes(of: file), name: file)
    #expect((document.root.object?.count ?? 0) > 1000)
    var writer = JSONWriter(compact: true)
    writer.value(document.root)
    let again = try JSONReader.read(writer.bytes, name: "again").root
    #expect(again.object?.count == document.root.object?.count)
  }
}
