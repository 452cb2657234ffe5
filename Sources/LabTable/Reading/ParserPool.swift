import Synchronization

/// Parsers that are free, so that their memory is used again from block to block.
final class ParserPool: Sendable {
  private let header: HeaderLine
  private let free = Mutex<[BlockParser]>([])

  init(_ header: HeaderLine) { self.header = header }

  /// A parser that nobody else has.
  func take() -> BlockParser { free.withLock { $0.popLast() } ?? BlockParser(header) }

  /// Gives a parser back.
  func give(_ parser: BlockParser) { free.withLock { $0.append(parser) } }
}
