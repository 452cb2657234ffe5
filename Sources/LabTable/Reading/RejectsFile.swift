import LabCore
import LabFiles

/// Writes rejected rows, byte for byte, with their line and reason in front.
///
/// A row that was mended there loads again: the two columns in front are unknown ones. The file has its name when all rows
/// are in it.
struct RejectsFile: ~Copyable {
  private let file: FileReplacement
  private var buffer: [UInt8]

  init(_ path: String, header: HeaderLine) throws(FileError) {
    file = try FileReplacement(path)
    buffer = Array("reject_line,reject_reason,".utf8) + header.bytes
    buffer.append(UInt8(ascii: "\n"))
  }

  /// Appends the rejected rows of a block; `firstLine` is the number of the block's first line.
  mutating func append(_ block: BlockParser, firstLine: Int) throws(FileError) {
    for reject in block.rejects {
      buffer.append(contentsOf: "\(firstLine + reject.line),\(reject.reason.name),".utf8)
      let low = block.offset + Int64(reject.range.lowerBound)
      let high = block.offset + Int64(reject.range.upperBound)
      let bytes = block.content(low..<high)
      for index in bytes.indices { buffer.append(bytes[index]) }
      if buffer.last == UInt8(ascii: "\r") { buffer.removeLast() }
      buffer.append(UInt8(ascii: "\n"))
      if buffer.count > 1 << 20 { try flush() }
    }
  }

  private mutating func flush() throws(FileError) {
    try file.write(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what is left, and gives the file its name.
  consuming func finish() throws(FileError) {
    try file.write(buffer)
    try file.commit()
  }
}
