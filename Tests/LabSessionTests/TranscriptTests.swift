import LabCore
import Testing

@testable import LabSession

@Suite struct TranscriptFormatTests {
  @Test(arguments: [
    ("cost $12.50", "cost $12.50"), ("cost [NUM]", "cost $1,234.50"), ("[NUM] calls", "3 calls"),
    ("[NUM]", "-1.5e-3"), ("wrote [PATH]", "wrote /tmp/a-b/c.csv"), ("at [TIME].", "at 2026-01-05T09:13:45.123456Z."),
    ("in [TIME]", "in 4 min 05 s"), ("in [TIME]", "in 0.3 s"), ("a[..]z", "az"), ("a[..]z", "a b [c] z"),
    ("[..]x[..]", "abcxdef"), ("\\[..]", "[..]"), ("a \\\\ b", "a \\ b"), ("blank at the end", "blank at the end   "),
  ])
  func `a pattern fits`(pattern: String, line: String) { #expect(LinePattern(pattern).matches(line)) }

  @Test(arguments: [
    ("cost [NUM]", "cost many"), ("[NUM] calls", "1,23 calls"), ("wrote [PATH]", "wrote a b"), ("at [TIME]", "at noon"),
    ("a[..]z", "a"), ("abc", "abcd"), ("[..]x", "abc"), ("\\[..]", "anything"), ("[NUM]", ""), ("...x", "abcx"),
  ])
  func `a pattern doesn't fit`(pattern: String, line: String) { #expect(!LinePattern(pattern).matches(line)) }

  @Test(arguments: [
    ("12x", [1, 2]), ("+", []), ("1,23", [1]), ("1,234.5", [1, 5, 7]), ("-$7%", [3, 4]), ("3e-5", [1, 4]),
    ("1234,567", [1, 2, 3, 4]),
  ])
  func `a number ends at each of these places`(line: String, ends: [Int]) {
    #expect(Set(LinePattern.numberEnds(from: 0, in: Array(line))) == Set(ends))
  }

  @Test(arguments: [
    ("2026-01-05T09:13:45.12Z", [10, 16, 19, 21, 22, 23]), ("12 min 05 s", [6, 11]), ("0.3 s", [5]), ("7ms", [3]),
    ("12", []),
  ])
  func `a time ends at each of these places`(line: String, ends: [Int]) {
    #expect(Set(LinePattern.timeEnds(from: 0, in: Array(line))) == Set(ends))
  }

  @Test(.timeLimit(.minutes(1)), arguments: [("[NUM]", "1"), ("[PATH]", "a"), ("[..][TIME]", "1s")])
  func `many wild cards in a long line are decided soon`(card: String, character: String) {
    let pattern = LinePattern(String(repeating: card, count: 40) + "!")
    let line = String(repeating: character, count: 1000)
    #expect(pattern.matches(line + "!"))
    #expect(!pattern.matches(line))
  }

  @Test(arguments: [
    "plain", "[..]", "a [NUM] b", "...", "lab> x", "$ finops-lab", "# x", "-- a --", "[exit 3]", "a\\b", "\\", "[info]",
  ])
  func `an escaped line stands for itself alone, whatever it looks like`(line: String) throws {
    let escaped = LinePattern.escaped(line)
    #expect(LinePattern(escaped).matches(line) && !LinePattern(escaped).isAnyLines, "\(escaped)")
    let transcript = try Transcript("lab> echo\n\(escaped)\n", path: "t")
    #expect(transcript.steps.count == 1 && transcript.steps[0].expected == [escaped])
  }

  private static func aligned(_ expected: [String], _ actual: [String]) -> OutputAlignment {
    OutputAlignment(expected: expected, actual: actual)
  }

  @Test func `dots stand for any lines, none included`() {
    #expect(Self.aligned(["a", "...", "z"], ["a", "z"]).isMatch)
    #expect(Self.aligned(["a", "...", "z"], ["a", "b", "z", "z"]).isMatch)
    #expect(Self.aligned(["..."], []).isMatch)
    #expect(!Self.aligned(["a", "...", "z"], ["a", "b"]).isMatch)
    #expect(!Self.aligned(["...", "b"], ["b", "c"]).isMatch)
    #expect(!Self.aligned([], ["x"]).isMatch && !Self.aligned(["x"], []).isMatch)
  }

  @Test func `a difference is a unified diff with the lines around it`() {
    let expected = (1...9).map { "line \($0)" }
    var actual = expected
    actual[4] = "other"
    #expect(
      Self.aligned(expected, actual).unifiedDiff(firstLine: 11) == [
        "@@ -12,7 +12,7 @@", " line 2", " line 3", " line 4", "-line 5", "+other", " line 6", " line 7", " line 8",
      ])
  }

  @Test func `an update keeps the lines that fit as they are written`() {
    let alignment = Self.aligned(["a [NUM]", "...", "old", "z"], ["a 5", "b", "c", "new [..]", "z"])
    #expect(
      alignment.updated == ["a [NUM]", "...", "new \\[..]", "z"] || alignment.updated == ["a [NUM]", "...", "z"])
    #expect(Self.aligned(alignment.updated, alignment.actual).isMatch)
  }

  @Test func `a transcript has steps, codes, comments and files`() throws {
    let transcript = try Transcript(
      """
      # a comment

      lab> load x.json
      loaded
      # between

      lab> load y.json
      error: no
      [exit 66]
      $ finops-lab version
      finops-lab [..]
      -- x.json --
      { }
      -- a/b.txt --
      one
      two
      """, path: "t.session")
    #expect(transcript.steps.map(\.command) == ["load x.json", "load y.json", "finops-lab version"])
    #expect(transcript.steps.map(\.expected) == [["loaded"], ["error: no"], ["finops-lab [..]"]])
    #expect(transcript.steps.map(\.code) == [0, 66, 0])
    #expect(transcript.steps.map(\.line) == [3, 7, 10])
    #expect(transcript.files.map(\.name) == ["x.json", "a/b.txt"])
    #expect(transcript.files.map(\.text) == ["{ }\n", "one\ntwo\n"])
  }

  @Test(arguments: [
    "lab> x\n[exitt 3]\n", "lab> x\n[exit 3]\nmore\n", "lab> x\n[skip windows]\n", "$ rm -rf /\n", "stray\nlab> x\n",
    "",
    "# only a comment\n",
  ])
  func `what means nothing is an error with its line`(text: String) {
    do throws(LabFailure) {
      _ = try Transcript(text, path: "t.session")
      Issue.record("'\(text)' was read")
    } catch {
      #expect(error.kind == .invalidInput && error.diagnostics.allSatisfy { $0.location?.file == "t.session" })
    }
  }
}

@Suite struct ExpectationTests {
  private func holds(_ text: String, _ value: Double) throws -> Bool {
    guard case .metric(_, let condition) = try Expectation(text.split(separator: " ").map(String.init)) else {
      return false
    }
    return condition.isMet(by: value)
  }

  @Test func `values, ranges and tolerances are read as they are written`() throws {
    #expect(try holds("m <= 5", 5) && !holds("m < 5", 5) && holds("m 1..3", 3) && !holds("m 1..3", 3.01))
    #expect(try holds("m ~ 100 +-2%", 102) && !holds("m ~ 100 +-2%", 102.1))
    #expect(try holds("m ~ 100 +- 2", 98) && !holds("m ~ 100 +-2", 97.9) && holds("m ~ 100 ±2", 102))
  }

  @Test(arguments: ["m", "m 5", "m ~ 5", "m ~ x +-1", "m ~ 5 +--1", "threshold", "threshold a ok", "m 3..1"])
  func `an expectation that can't be checked is an error`(text: String) {
    #expect(throws: (any Error).self) { try Expectation(text.split(separator: " ").map(String.init)) }
  }
}
