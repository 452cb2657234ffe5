import LabCore

extension CallTable {
  /// How many rows repeat the call id of an earlier row; empty ids don't count. By 64-bit hashes: at ten million ids the
  /// chance of one false repeat is about 3 in a million.
  public func repeatedCallIDs(
    where selection: CallSelection? = nil, _ context: ScanContext
  ) throws(LabFailure) -> Int {
    guard has(.callID) else { throw .table(.missingColumn(UsageColumn.callID.name)) }
    // Hashes are spread over bins by their highest bits, so that each bin is sorted on its own.
    let bins = 64
    let parts = try mapBlocks(reading: [.callID], where: selection, context) { block in
      var spread = Array(repeating: ContiguousArray<Int64>(), count: bins)
      let ids = block.integers(.callID)
      for row in 0..<block.count where ids[row] != 0 {
        spread[Int(UInt64(bitPattern: ids[row]) >> 58)].append(ids[row])
      }
      return spread
    }
    let repeats = try Parallel.map(count: bins, width: context.width) { (bin: Int) throws(LabFailure) -> Int in
      try context.cancellation.check()
      var ids: ContiguousArray<Int64> = []
      ids.reserveCapacity(parts.reduce(0) { $0 + $1[bin].count })
      for part in parts { ids.append(contentsOf: part[bin]) }
      ids.sort()
      return ids.indices.dropFirst().reduce(0) { $0 + (ids[$1] == ids[$1 - 1] ? 1 : 0) }
    }
    return repeats.reduce(0, +)
  }
}
