import LabCore
import LabJSON

/// Reads the JSON lines of the Mooncake traces (kvcache-ai, FAST 2025).
///
/// A line is `{"timestamp": ms, "input_length": tokens, "output_length": tokens, "hash_ids": [block ids]}`. Token basis: input
/// includes what a prefix cache holds; output is all that was generated. `hash_ids` name the prompt's blocks of 512 tokens
/// from its start; each leading block that was seen before in the file could have been read from a prefix cache without
/// limit: cached input = min(input, 512 × leading blocks seen before).
struct MooncakeTrace {
  static let blockTokens: Int64 = 512
  /// The longest gap from the trace's start that is believed: 100 years in milliseconds. More is a unit gone wrong.
  static let latestMilliseconds: Double = 3.15576e12

  struct Call {
    /// From the start of the trace.
    var offset: TimeSpan
    var inputTokens: Int64
    var outputTokens: Int64
    var cachedInputTokens: Int64
  }

  enum Rejection: String, CaseIterable {
    case notJSON = "line is no JSON object"
    case badTimestamp = "timestamp missing or not a number of milliseconds from 0 on"
    case badLength = "input_length or output_length missing or not a whole number from 0 on"
    case badBlocks = "hash_ids is not a list of whole numbers"
  }

  private(set) var calls: [Call] = []
  private(set) var rejects = RejectedLines()
  private var seen: Set<Int64> = []

  /// Takes one line, its number from 1; a blank line is passed over.
  mutating func read(line: ArraySlice<UInt8>, number: Int) {
    guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }) else { return }
    func reject(_ reason: Rejection) { rejects.add(reason.rawValue, line: number, bytes: line) }
    guard let document = try? JSONReader.read(Array(line), name: "line \(number)"), document.root.object != nil else {
      return reject(.notJSON)
    }
    let root = document.root
    guard let milliseconds = root["timestamp"]?.number?.double, milliseconds >= 0,
      milliseconds <= Self.latestMilliseconds
    else { return reject(.badTimestamp) }
    guard let input = root["input_length"]?.number?.integer, let output = root["output_length"]?.number?.integer,
      (0...Self.longest).contains(input), (0...Self.longest).contains(output)
    else { return reject(.badLength) }
    var blocks: [Int64] = []
    if let list = root["hash_ids"] {
      guard let items = list.array else { return reject(.badBlocks) }
      for item in items {
        guard let id = item.number?.integer else { return reject(.badBlocks) }
        blocks.append(id)
      }
    }
    let leading = Int64(blocks.prefix { seen.contains($0) }.count)
    seen.formUnion(blocks)
    calls.append(
      Call(
        offset: TimeSpan(microseconds: Int64((milliseconds * 1000).rounded())), inputTokens: input,
        outputTokens: output,
        cachedInputTokens: min(input, leading * Self.blockTokens)))
  }

  /// More tokens in a call than any model takes.
  private static let longest: Int64 = 1_000_000_000_000
}

/// Lines that could not be used, by reason.
public struct RejectedLines: Sendable {
  public struct Reason: Sendable {
    public var reason: String
    public var count: Int
    /// The first lines with it, at most ten.
    public var firstLines: [Int]
  }

  public private(set) var reasons: [Reason] = []
  /// The lines themselves, with what was wrong, in order.
  public private(set) var lines: [(number: Int, reason: String, bytes: [UInt8])] = []
  private static let keptLines = 100_000

  public var count: Int { reasons.reduce(0) { $0 + $1.count } }

  mutating func add(_ reason: String, line: Int, bytes: ArraySlice<UInt8>) {
    if lines.count < Self.keptLines { lines.append((line, reason, Array(bytes))) }
    if let index = reasons.firstIndex(where: { $0.reason == reason }) {
      reasons[index].count += 1
      if reasons[index].firstLines.count < 10 { reasons[index].firstLines.append(line) }
    } else {
      reasons.append(Reason(reason: reason, count: 1, firstLines: [line]))
    }
  }
}
