import LabRendering
import LabTestSupport
import Testing

/// Compared with the Python package wcwidth; the samples are made by Tests/Generators/display_width.py.
@Suite struct DisplayWidthTests {
  private func lines(_ file: String) throws -> [[Substring]] {
    String(decoding: try PackageRoot.bytes(of: "Tests/Samples/" + file), as: UTF8.self)
      .split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
  }

  @Test func `every scalar has the width that wcwidth gives it`() throws {
    var checked = 0
    for fields in try lines("display-width-scalars.tsv") {
      let low = try #require(UInt32(fields[0], radix: 16))
      let high = try #require(UInt32(fields[1], radix: 16))
      let width = try #require(Int(fields[2]))
      for code in low...high {
        guard let scalar = Unicode.Scalar(code), code >= 0xa0 else { continue }
        checked += 1
        if DisplayWidth.of(scalar) != max(0, width) {
          Issue.record("U+\(String(code, radix: 16)) is \(DisplayWidth.of(scalar)) wide, wcwidth says \(width)")
          return
        }
      }
    }
    #expect(checked > 1_100_000)
  }

  @Test func `texts with accents, emoji, flags and scripts have the width that wcwidth gives them`() throws {
    var wrong: [String] = []
    let samples = try lines("display-width-texts.tsv")
    #expect(samples.count > 400)
    for fields in samples {
      var text = ""
      for code in fields[0].split(separator: " ") {
        text.unicodeScalars.append(try #require(UInt32(code, radix: 16).flatMap(Unicode.Scalar.init)))
      }
      let expected = try #require(Int(fields[1]))
      if DisplayWidth.of(text) != expected {
        wrong.append("'\(text)' \(fields[0]): \(DisplayWidth.of(text)), wcwidth \(expected)")
      }
    }
    #expect(wrong.isEmpty, "\(wrong.count) differ: \(wrong.prefix(20).joined(separator: "\n"))")
  }

  @Test func `cutting and padding keep columns`() {
    #expect(TextLayout.cut("abcdef", to: 4) == "abc…")
    #expect(TextLayout.cut("abcdef", to: 4, ascii: true) == "a...")
    #expect(TextLayout.cut("abcd", to: 4) == "abcd")
    #expect(TextLayout.cut("中文字符", to: 4) == "中…")
    #expect(TextLayout.cut("中文", to: 0) == "")
    #expect(TextLayout.pad("中", to: 4, .trailing) == "  中")
    #expect(TextLayout.wrap("one two three", to: 7) == ["one two", "three"])
    #expect(TextLayout.wrap("中文字符", to: 4) == ["中文", "字符"])
    #expect(TextLayout.wrap("abcdefghij k", to: 4) == ["abcd", "efgh", "ij k"])
    #expect(TextLayout.wrap("", to: 4) == [""])
    for width in 0..<12 {
      for text in ["abcdefghijkl", "中a文b字c符", "👨‍👩‍👧‍👦👨‍👩‍👧‍👦", "e\u{301}e\u{301}e\u{301}e\u{301}"] {
        #expect(DisplayWidth.of(TextLayout.cut(text, to: width)) <= width)
        #expect(DisplayWidth.of(TextLayout.cut(text, to: width, ascii: true)) <= width)
      }
    }
  }
}
