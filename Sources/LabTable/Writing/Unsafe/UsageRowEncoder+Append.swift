import LabCore

/// The hot loop of the writer: no allocation, no search in text, one copy per field.
///
/// Invariant: at the start of every field the buffer has room for ``fieldRoom`` bytes per field that is still to come. A
/// number takes at most 32 bytes, a text of up to ``shortField`` bytes is copied as that many, overrunning it in the pool
/// (whose padding is for that) and in the buffer; a longer text reserves its own length first.
extension UsageRowEncoder {
  private static var shortField: Int { 48 }
  private static var fieldRoom: Int { 64 }

  /// Appends one line.
  @inline(__always)
  public mutating func append(_ row: UsageRow, pool: borrowing UsageFieldPool, to buffer: UsageBuffer) {
    unsafe withUnsafePointer(to: row) { row in
      unsafe append(UnsafeBufferPointer(start: row, count: 1), pool: pool, to: buffer)
    }
  }

  /// Appends lines.
  public mutating func append(_ rows: Span<UsageRow>, pool: borrowing UsageFieldPool, to buffer: UsageBuffer) {
    unsafe rows.withUnsafeBufferPointer { rows in unsafe append(rows, pool: pool, to: buffer) }
  }

  private mutating func append(
    _ rows: UnsafeBufferPointer<UsageRow>, pool: borrowing UsageFieldPool, to buffer: UsageBuffer
  ) {
    let room = (plan.count + 2) * Self.fieldRoom
    unsafe pool.bytes.withUnsafeBufferPointer { texts in
      unsafe pool.places.withUnsafeBufferPointer { places in
        unsafe plan.withUnsafeBufferPointer { plan in
          for index in rows.indices {
            var line = unsafe Line(at: buffer.reserve(room), texts: texts, places: places, buffer: buffer, room: room)
            unsafe append(rows.baseAddress.unsafelyUnwrapped + index, plan: plan, to: &line)
            unsafe buffer.commit(upTo: line.end)
          }
        }
      }
    }
  }

  @inline(__always) private mutating func append(
    _ row: UnsafePointer<UsageRow>, plan: UnsafeBufferPointer<UsageColumn>, to line: inout Line
  ) {
    for position in plan.indices {
      switch unsafe plan[position] {
      case .timestamp: unsafe append(row.pointee.timestamp, to: &line)
      case .organizationID: unsafe line.text(row.pointee.organization)
      case .productID: unsafe line.text(row.pointee.product)
      case .featureID: unsafe line.text(row.pointee.feature)
      case .customerID: unsafe line.text(row.pointee.customer)
      case .customerArchetype: unsafe line.text(row.pointee.archetype)
      case .subscriptionTier: unsafe line.text(row.pointee.tier)
      case .tierPrice: unsafe line.text(row.pointee.tierPrice)
      case .provider: unsafe line.text(row.pointee.provider)
      case .model: unsafe line.text(row.pointee.model)
      case .region: unsafe line.text(row.pointee.region)
      case .inputTokens: unsafe line.whole(row.pointee.inputTokens)
      case .outputTokens: unsafe line.whole(row.pointee.outputTokens)
      case .totalTokens: unsafe line.sum(row.pointee.inputTokens, row.pointee.outputTokens)
      case .latency: unsafe line.milliseconds(row.pointee.latencyMicroseconds)
      case .cost: unsafe line.money(row.pointee.cost.nanodollars)
      case .status: unsafe line.text(row.pointee.status)
      case .errorType: unsafe line.text(row.pointee.errorType)
      case .metadata: unsafe line.text(row.pointee.metadata)
      case .callID: unsafe line.callID(row.pointee.callID)
      case .cachedInputTokens: unsafe line.whole(row.pointee.cachedInputTokens)
      case .cacheWriteTokens: unsafe line.whole(row.pointee.cacheWriteTokens)
      case .cacheWrite1hTokens: unsafe line.whole(row.pointee.cacheWrite1hTokens)
      case .reasoningTokens: unsafe line.whole(row.pointee.reasoningTokens)
      case .serviceTier: unsafe line.text(row.pointee.serviceTier)
      case .environment: unsafe line.text(row.pointee.environment)
      case .timeToFirstToken: unsafe line.milliseconds(row.pointee.timeToFirstTokenMicroseconds)
      case .retryOf: unsafe line.callID(row.pointee.retryOf)
      case .finishReason: unsafe line.text(row.pointee.finishReason)
      case .cacheableInputTokens: unsafe line.whole(row.pointee.cacheableInputTokens)
      }
      unsafe line.byte(UInt8(ascii: ","))
    }
    unsafe line.replaceLast(by: UInt8(ascii: "\n"))
  }

  @inline(__always) private mutating func append(_ instant: Instant, to line: inout Line) {
    let microseconds = instant.microseconds
    if microseconds == UsageRow.unknown { return }
    let day = floorDivide(microseconds, 86_400_000_000)
    if day != cachedDay { cacheDate(ofDay: day) }
    let ofDay = UInt64(truncatingIfNeeded: microseconds &- day &* 86_400_000_000)
    let second = ofDay / 1_000_000
    let minute = second / 60
    let hour = minute / 60
    let target = unsafe line.end
    unsafe DecimalDigits.store(cachedDate.first, target)
    unsafe DecimalDigits.store(cachedDate.last, target + 8)
    unsafe DecimalDigits.pair(Int(truncatingIfNeeded: hour), target + 11)
    unsafe target[13] = UInt8(ascii: ":")
    unsafe DecimalDigits.pair(Int(truncatingIfNeeded: minute &- hour &* 60), target + 14)
    unsafe target[16] = UInt8(ascii: ":")
    unsafe DecimalDigits.pair(Int(truncatingIfNeeded: second &- minute &* 60), target + 17)
    unsafe target[19] = UInt8(ascii: ".")
    unsafe DecimalDigits.six(ofDay &- second &* 1_000_000, target + 20)
    unsafe target[26] = UInt8(ascii: "Z")
    unsafe line.end = target + 27
  }

  /// The line that is being written.
  @unsafe private struct Line {
    var end: UnsafeMutablePointer<UInt8>
    let texts: UnsafeBufferPointer<UInt8>
    let places: UnsafeBufferPointer<UInt64>
    let buffer: UsageBuffer
    let room: Int

    init(
      at end: UnsafeMutablePointer<UInt8>, texts: UnsafeBufferPointer<UInt8>, places: UnsafeBufferPointer<UInt64>,
      buffer: UsageBuffer, room: Int
    ) {
      unsafe self.end = end
      unsafe self.texts = texts
      unsafe self.places = places
      unsafe self.buffer = buffer
      unsafe self.room = room
    }

    @inline(__always) mutating func byte(_ byte: UInt8) {
      unsafe end[0] = byte
      unsafe end += 1
    }

    @inline(__always) func replaceLast(by byte: UInt8) { unsafe end[-1] = byte }

    /// Copies a field; an id of another pool is an empty field.
    @inline(__always) mutating func text(_ id: FieldID) {
      let index = Int(id.rawValue)
      guard unsafe index < places.count, let base = unsafe texts.baseAddress else { return }
      let place = unsafe places[index]
      let length = Int(place & 0xff_ffff)
      let source = unsafe UnsafeRawPointer(base + Int(place >> 24))
      if length > UsageRowEncoder.shortField {
        unsafe buffer.commit(upTo: end)
        unsafe end = buffer.reserve(length + room)
        unsafe UnsafeMutableRawPointer(end).copyMemory(from: source, byteCount: length)
      } else {
        let target = unsafe UnsafeMutableRawPointer(end)
        unsafe target.storeBytes(of: source.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
        if length > 16 {
          unsafe target.storeBytes(
            of: source.loadUnaligned(fromByteOffset: 16, as: SIMD32<UInt8>.self), toByteOffset: 16,
            as: SIMD32<UInt8>.self)
        }
      }
      unsafe end += length
    }

    @inline(__always) mutating func whole(_ value: Int64) {
      if value >= 0 { unsafe end = DecimalDigits.whole(UInt64(value), end) } else { unsafe negative(value) }
    }

    @inline(__always) mutating func sum(_ left: Int64, _ right: Int64) {
      if left == UsageRow.unknown || right == UsageRow.unknown { return }
      let (sum, overflow) = left.addingReportingOverflow(right)
      if !overflow { unsafe whole(sum) }
    }

    @inline(__always) mutating func milliseconds(_ microseconds: Int64) {
      if microseconds == UsageRow.unknown { return }
      if microseconds < 0 { unsafe byte(UInt8(ascii: "-")) }
      let whole = microseconds.magnitude / 1000
      unsafe end = DecimalDigits.whole(whole, end)
      unsafe end = DecimalDigits.thousandths(microseconds.magnitude &- whole &* 1000, end)
    }

    @inline(__always) mutating func money(_ nanodollars: Int64) {
      if nanodollars == UsageRow.unknown { return }
      if nanodollars < 0 { unsafe byte(UInt8(ascii: "-")) }
      let micros = nanodollars.magnitude / 1000
      let whole = micros / 1_000_000
      unsafe end = DecimalDigits.whole(whole, end)
      unsafe byte(UInt8(ascii: "."))
      unsafe DecimalDigits.six(micros &- whole &* 1_000_000, end)
      unsafe end += 6
      let rest = nanodollars.magnitude &- micros &* 1000
      if rest != 0 { unsafe end = DecimalDigits.threeTrimmed(rest, end) }
    }

    @inline(__always) mutating func callID(_ number: UInt64) {
      if number == 0 { return }
      unsafe DecimalDigits.store(UInt64(littleEndian: 0x2d6c_6c61_63), end)
      unsafe DecimalDigits.hexadecimal(number, end + 5)
      unsafe end += 21
    }

    private mutating func negative(_ value: Int64) {
      if value == UsageRow.unknown { return }
      unsafe byte(UInt8(ascii: "-"))
      unsafe end = DecimalDigits.whole(value.magnitude, end)
    }
  }
}
