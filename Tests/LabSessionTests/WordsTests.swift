import Testing

@testable import LabSession

@Suite struct WordsTests {
  @Test(
    arguments: [
      ("set a.b 5", ["set", "a.b", "5"]), ("  top  cost_usd\tby model ", ["top", "cost_usd", "by", "model"]),
      ("echo 'two words' \"a \\\"b\\\"\"", ["echo", "two words", "a \"b\""]), ("echo a\\ b", ["echo", "a b"]),
      ("echo x # a comment", ["echo", "x"]), ("echo x#y", ["echo", "x#y"]), ("# all", []), ("echo ''", ["echo", ""]),
    ] as [(String, [String])])
  func `a line is cut as in a shell`(line: String, words: [String]) throws {
    #expect(try SessionWords.of(line) == words)
  }

  @Test func `an open quote is an error that names it`() {
    #expect(throws: (any Error).self) { try SessionWords.of("echo \"half") }
    #expect(SessionWords("echo 'x").openQuote == "'")
  }

  @Test(arguments: ["plain", "two words", "it's", "a\"b", "", "a\\b", "#x"])
  func `a quoted word is read back as it was`(word: String) throws {
    #expect(try SessionWords.of(SessionWords.quoted(word)) == [word])
  }

  @Test func `the command table has every name once, a summary without a period, and examples that are its own`() {
    let names = SessionCommands.all.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count)
    for command in SessionCommands.all {
      #expect(!command.summary.isEmpty && !command.summary.hasSuffix("."), "\(command.name)")
      for example in command.examples {
        #expect(SessionWords(example).words.first == command.name, "\(example)")
      }
      // What can be typed behind it is described, and the other way round.
      #expect(command.usage.isEmpty == command.arguments.isEmpty, "\(command.name)")
    }
  }
}
