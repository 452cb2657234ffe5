import LabCore
import LabFiles

/// The header of a usage file: which column stands where.
struct HeaderLine: Sendable {
  /// The longest header that is looked at.
  static let longest = 1 << 20
  /// With fewer known columns than this it is no usage file.
  static let fewestColumns = 2

  /// Per field of a row its column, or nil for one that the lab doesn't know.
  private(set) var fields: [UsageColumn?] = []
  private(set) var unknownColumns: [String] = []
  /// The header as it stands in the file, without its line end.
  private(set) var bytes: [UInt8] = []
  /// The offset of the first row, and its line number.
  private(set) var end: Int64 = 0
  private(set) var lines = 1

  /// The known columns in the order of the file.
  var columns: [UsageColumn] { fields.compactMap { $0 } }

  /// Reads the header of an open file of `size` bytes; `columnNames` as in ``LoadOptions``.
  init(_ handle: borrowing FileHandle, size: Int64, columnNames: [UsageColumn: String] = [:]) throws(LabFailure) {
    var content: [UInt8] = []
    do throws(FileError) {
      try handle.read(into: &content, count: Int(min(size, Int64(Self.longest) + 1)), at: 0)
    } catch { throw error.failure }
    try self.init(content, path: handle.path, isWhole: Int64(content.count) >= size, columnNames: columnNames)
  }

  /// Reads the header at the front of `content`, which may be all of the file.
  init(
    _ content: [UInt8], path: String, isWhole: Bool, columnNames: [UsageColumn: String] = [:]
  ) throws(LabFailure) {
    let place = SourceLocation(file: path, line: 1)
    guard !content.isEmpty else { throw .table(.emptyFile, at: SourceLocation(file: path)) }
    var position = content.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    let start = position
    var names: [String] = []
    var fieldStart = position
    var inQuotes = false
    var lastClosed = -1
    var ended = false
    while position < content.count, !ended {
      let byte = content[position]
      if inQuotes {
        if byte == UInt8(ascii: "\"") {
          inQuotes = false
          lastClosed = position
        } else if byte == UInt8(ascii: "\n") {
          lines += 1
        }
      } else if byte == UInt8(ascii: "\""), position == fieldStart || position == lastClosed + 1 {
        // A name opens with its first quote; the second of a doubled one goes on with it.
        inQuotes = true
      } else if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n") {
        names.append(try Self.name(content[fieldStart..<position], place))
        fieldStart = position + 1
        ended = byte == UInt8(ascii: "\n")
      }
      position += 1
    }
    if !ended {
      guard isWhole else { throw .table(.headerTooLong, at: place) }
      guard !inQuotes else { throw .table(.headerUnreadable, at: place) }
      if fieldStart < content.count || !names.isEmpty { names.append(try Self.name(content[fieldStart...], place)) }
    }
    end = Int64(position)
    bytes = Array(content[start..<(ended ? position - 1 : position)])
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    guard !names.contains(where: { $0.utf8.contains(UInt8(ascii: "\r")) }) else {
      throw .table(.carriageReturns, at: place)
    }
    for name in names {
      let column = Self.column(name, columnNames)
      if let column, fields.contains(column) { throw .table(.duplicateColumn(name), at: place) }
      if column == nil { unknownColumns.append(name) }
      fields.append(column)
    }
    guard columns.count >= Self.fewestColumns else {
      throw .table(.notUsage(firstHeaders: names.filter { !$0.isEmpty }), at: place)
    }
  }

  /// The column that a header name stands for. Of several columns that take the same foreign name the first has it.
  private static func column(_ name: String, _ columnNames: [UsageColumn: String]) -> UsageColumn? {
    if let foreign = UsageColumn.allCases.first(where: { columnNames[$0] == name }) { return foreign }
    guard let own = UsageColumn(name: name), columnNames[own] == nil else { return nil }
    return own
  }

  /// A column's name: quotes and surrounding blanks taken off.
  private static func name(_ field: ArraySlice<UInt8>, _ place: SourceLocation) throws(LabFailure) -> String {
    var field = field
    if field.last == UInt8(ascii: "\r") { field = field.dropLast() }
    while field.first == UInt8(ascii: " ") || field.first == UInt8(ascii: "\t") { field = field.dropFirst() }
    while field.last == UInt8(ascii: " ") || field.last == UInt8(ascii: "\t") { field = field.dropLast() }
    guard let name = String(validating: CSVField.unquoted(field), as: UTF8.self) else {
      throw .table(.headerUnreadable, at: place)
    }
    return name
  }
}
