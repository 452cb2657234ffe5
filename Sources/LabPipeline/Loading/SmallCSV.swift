/// Reads a small CSV (RFC 4180) into records of text; for companions, where a table would be too much.
struct SmallCSV {
  /// The fields of each record with the line on which it starts, blank lines left out.
  static func records(_ bytes: [UInt8]) -> [(line: Int, fields: [String])] {
    var records: [(line: Int, fields: [String])] = []
    var fields: [String] = []
    var field: [UInt8] = []
    var quoted = false
    var line = 1
    var start = 1
    var position = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    func text() -> String { String(decoding: field, as: UTF8.self) }
    func endRecord() {
      if !fields.isEmpty || !field.isEmpty {
        fields.append(text())
        records.append((start, fields))
      }
      fields = []
      field = []
    }
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      if quoted {
        if byte != UInt8(ascii: "\"") {
          field.append(byte)
        } else if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
          field.append(byte)
          position += 1
        } else {
          quoted = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\"") where field.isEmpty: quoted = true
      case UInt8(ascii: ","):
        fields.append(text())
        field = []
      case UInt8(ascii: "\r") where position < bytes.count && bytes[position] == UInt8(ascii: "\n"): continue
      case UInt8(ascii: "\n"):
        endRecord()
        start = line
      default: field.append(byte)
      }
    }
    endRecord()
    return records
  }
}
