import Synchronization

/// Parsers that are free, so that their memory is used again from block to block.
final class ParserPool: Sendable {
  private let header: HeaderLine
  private let longestRow: Int
  private let free = Mutex<[BlockParser]>([])

  init(_ header: HeaderLine, longestRow: Int) {
    self.header = header
    self.longestRow = longestRow
  }

  /// A parser that nobody else has.
  func take() -> BlockParser { free.withLock { $0.popLast() } ?? BlockParser(header, longestRow: longestRow) }

  /// Gives a parser back.
  func give(_ parser: BlockParser) { free.withLock { $0.append(parser) } }
}
