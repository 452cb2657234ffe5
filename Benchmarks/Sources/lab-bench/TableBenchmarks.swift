import LabCore
import LabFiles
import LabTable

/// Measures the writer, the reader and the group-by kernels.
enum TableBenchmarks {
  /// Nanoseconds per row of the encoder alone.
  static func encode(columns: [UsageColumn]) {
    var source = SyntheticRows()
    let rows = (0..<100_000).map { _ in source.next() }
    let buffer = UsageBuffer(capacity: 64 << 20)
    let (time, bytes) = best(of: 10) {
      buffer.removeAll()
      var encoder = UsageRowEncoder(columns: columns)
      for row in rows { encoder.append(row, pool: source.pool, to: buffer) }
      return buffer.count
    }
    print(
      "encode \(columns.count) columns: \(fixed(time / Double(rows.count) * 1e9, 1)) ns/row, "
        + "\(bytes / rows.count) bytes/row, \(fixed(Double(bytes) / time / 1e9)) GB/s")
  }

  /// Writes a file of synthetic rows of about `megabytes`.
  static func generate(_ path: String, megabytes: Int, columns: [UsageColumn]) throws {
    var source = SyntheticRows()
    var encoder = UsageRowEncoder(columns: columns)
    let buffer = UsageBuffer(capacity: 8 << 20)
    let handle = try FileHandle.creating(path)
    try handle.write(encoder.header)
    var written = 0
    while written < megabytes * 1_000_000 {
      buffer.removeAll()
      for _ in 0..<5000 { encoder.append(source.next(), pool: source.pool, to: buffer) }
      try handle.write(buffer.span)
      written += buffer.count
    }
  }

  /// Loads a file and says how quickly and in how much memory.
  static func load(_ path: String, width: Int, repetitions: Int) throws -> CallTable {
    var options = LoadOptions()
    options.width = width
    let (time, table) = try best(of: repetitions) { try CallTable.load(path, options) }
    print(
      "load: \(fixed(time, 3)) s, \(fixed(Double(table.facts.bytes) / time / 1e9)) GB/s, \(table.rowCount) rows, "
        + "\(table.facts.rejectedRows) rejected, \(width) threads, peak \(fixed(memory("VmHWM"), 0)) MB, "
        + "now \(fixed(memory("VmRSS"), 0)) MB")
    return table
  }

  /// Groups a loaded table in several ways.
  static func group(_ table: CallTable, width: Int) throws {
    let context = ScanContext(width: width)
    let ways: [(String, [Dimension])] = [
      ("all calls", []), ("provider", [.provider]), ("provider × model", [.provider, .model]),
      ("customer", [.customer]),
      ("hour", [.hour]), ("hour × provider × region", [.hour, .provider, .region]),
      ("customer × day", [.customer, .day]),
      ("customer × hour", [.customer, .hour]),
    ]
    for (name, dimensions) in ways {
      let (time, groups) = try best(of: 3) { try table.totals(by: dimensions, context) }
      print("totals by \(name): \(fixed(time * 1000, 1)) ms, \(groups.count) groups")
    }
    for (name, dimensions) in ways.prefix(4) {
      let (time, _) = try best(of: 3) {
        try table.percentiles(of: .latency, perMille: [500, 950, 990], by: dimensions, context)
      }
      print("latency percentiles by \(name): \(fixed(time * 1000, 1)) ms")
    }
    let filter = CallFilter(terms: [.init(key: "provider", values: ["openai"])])
    let (time, selection) = try best(of: 3) { try table.selecting(filter, context) }
    print("select provider=openai: \(fixed(time * 1000, 1)) ms, \(selection.rowCount) rows")
    let (selectedTime, _) = try best(of: 3) { try table.totals(by: [.customer], where: selection, context) }
    print("totals by customer of them: \(fixed(selectedTime * 1000, 1)) ms")
    print("peak \(fixed(memory("VmHWM"), 0)) MB")
  }
}
