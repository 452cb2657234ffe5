import LabCore
import LabJSON
import LabPrices

/// The file form of a cube, `finops-lab/cube/1`: a line of JSON with the dimensions and their texts, then each cell's keys
/// and sums as variable-length whole numbers (seven bits a byte, the lowest first; amounts zigzag).
extension RunCube {
  static let format = "finops-lab/cube/1"

  /// The content of a cube's file.
  var fileBytes: [UInt8] {
    var writer = JSONWriter(compact: true)
    writer.beginObject()
    writer.key("format")
    writer.value(Self.format)
    writer.key("cells")
    writer.value(count)
    writer.key("classes")
    writer.beginArray()
    for tokenClass in TokenClass.allCases { writer.value(tokenClass.name) }
    writer.endArray()
    writer.key("dimensions")
    writer.beginArray()
    for (name, texts) in zip(names, texts) {
      writer.beginObject()
      writer.key("name")
      writer.value(name)
      writer.key("texts")
      writer.beginArray()
      for text in texts { writer.value(text) }
      writer.endArray()
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    writer.endLine()
    var bytes = writer.bytes
    for cell in sums.indices {
      for dimension in names.indices { Self.append(keys[cell * names.count + dimension], to: &bytes) }
      Self.append(sums[cell].calls, to: &bytes)
      for tokens in sums[cell].tokens { Self.append(tokens, to: &bytes) }
      Self.append(sums[cell].cost.nanodollars, to: &bytes)
    }
    return bytes
  }

  /// Reads a cube's file; nil when it is none, or not whole.
  init?(fileBytes bytes: [UInt8]) {
    guard let lineEnd = bytes.firstIndex(of: UInt8(ascii: "\n")),
      let head = try? JSONReader.read(Array(bytes[..<lineEnd]), name: "cube").root,
      head["format"]?.string == Self.format, let cells = head["cells"]?.number?.integer, cells >= 0,
      let dimensions = head["dimensions"]?.array,
      head["classes"]?.array?.compactMap(\.string) == TokenClass.allCases.map(\.name)
    else { return nil }
    names = dimensions.compactMap { $0["name"]?.string }
    texts = dimensions.map { $0["texts"]?.array?.compactMap(\.string) ?? [] }
    guard names.count == dimensions.count else { return nil }
    keys = []
    sums = []
    var position = lineEnd + 1
    var (total, totalCost) = (SafeTotal(), SafeTotal())
    func next() -> Int64? { Self.number(in: bytes, at: &position) }
    for _ in 0..<cells {
      for dimension in names.indices {
        guard let key = next() else { return nil }
        // The days of the calendar fit many times over; texts must be there.
        let isDay = names[dimension] == "day"
        guard isDay ? (-9_999_999...9_999_999).contains(key) : texts[dimension].indices.contains(Int(key)) else {
          return nil
        }
        keys.append(key)
      }
      var cell = Sums()
      guard let calls = next(), total.add(calls) else { return nil }
      cell.calls = calls
      for index in cell.tokens.indices {
        guard let tokens = next(), total.add(tokens) else { return nil }
        cell.tokens[index] = tokens
      }
      guard let cost = next(), totalCost.add(cost) else { return nil }
      cell.cost = Money(nanodollars: cost)
      sums.append(cell)
    }
    guard position == bytes.count else { return nil }
  }

  /// Whether all that was read still sums up within 64 bits: then every sum of some of it does.
  private struct SafeTotal {
    private var magnitude: UInt64 = 0

    /// False for a negative number, which no run has, and beyond what a sum can hold.
    mutating func add(_ number: Int64) -> Bool {
      let (sum, overflow) = magnitude.addingReportingOverflow(number.magnitude)
      magnitude = sum
      return number >= 0 && !overflow && sum <= UInt64(Int64.max)
    }
  }

  private static func append(_ number: Int64, to bytes: inout [UInt8]) {
    var rest = UInt64(bitPattern: (number << 1) ^ (number >> 63))
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  private static func number(in bytes: [UInt8], at position: inout Int) -> Int64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1) }
      shift += 7
    }
    return nil
  }
}
