import LabCore

/// The loop over the rows of a block. The invariant stands in BlockParser.swift.
extension BlockParser {
  /// What the parser knows of the rows before and behind the buffer.
  struct Bounds {
    /// File offsets: the first row starts at `first`; rows that start at or after `stop` are another block's.
    var first: Int64
    var stop: Int64
    /// Whether the buffer reaches the end of the file.
    var isEnd: Bool
    /// Whether an unterminated last row is torn.
    var endsInLineFeed: Bool
    /// Whether a quote that is open at the end of the buffer counts as never closed.
    var isLimit = false
  }

  /// What a row is known to break, or which texts it has, before it is complete.
  struct RowState {
    var reason: RejectReason?
    var hasNewTexts = false
    var isError = false
    var errorLength = 0
    var tierLength = 0
    var innerLines = 0

    /// Notes the first thing that is wrong.
    mutating func reject(_ reason: RejectReason) { if self.reason == nil { self.reason = reason } }
    /// Notes a wrong number of fields: it explains wrong values, as a stray quote explains it.
    mutating func rejectFieldCount() { if reason != .strayQuote { reason = .fieldCount } }
  }

  /// A field: its text, and where the next comma or line feed stands.
  @unsafe struct FieldText {
    var start: UnsafePointer<UInt8>
    var length: Int
    var end: UnsafePointer<UInt8>
    /// The quote was still open at the end of the buffer.
    var isOpen = false
  }

  /// After several windows in a row that were not plain, so many are read row by row before the next attempt.
  private static var mostCarefulWindows: Int { 16 }

  /// Parses rows from `bounds.first` on; results stand in the properties.
  func parse(_ bounds: Bounds) {
    reset()
    start = bounds.first
    ending = .complete
    let base = unsafe UnsafePointer(buffer)
    let limit = unsafe base + count
    let stop = unsafe base + min(max(Int(bounds.stop - offset), 0), count)
    var position = unsafe base + min(max(Int(bounds.first - offset), 0), count)
    // Rows before this place are for the loop over rows.
    var careful = unsafe position
    var carefulWindows = 1
    rows: while unsafe position < stop {
      if unsafe position >= careful && longestRow >= SeparatorIndex.window {
        if let next = unsafe parseWindow(position, stop, limit) {
          unsafe position = next
          carefulWindows = 1
          continue
        }
        // A file that is never plain pays little for the attempts.
        unsafe careful = position + min(carefulWindows * SeparatorIndex.window, limit - position)
        carefulWindows = min(carefulWindows * 2, Self.mostCarefulWindows)
      }
      if rows == rowCapacity { growRows() }
      if let next = unsafe blankLine(position, limit) {
        if unsafe next > limit {
          guard bounds.isEnd && !bounds.endsInLineFeed else {
            ending = bounds.isEnd ? .torn : .needsMore
            break
          }
          unsafe position = limit
        } else {
          unsafe position = next
        }
        blankLines += 1
        lines += 1
        continue
      }
      let rowStart = unsafe position
      var state = RowState()
      let rowEnd = unsafe parseRow(rowStart, limit, &state)
      let isOpen = unsafe rowEnd == nil
      let isTooLong = unsafe rowEnd.map { unsafe $0 - rowStart >= longestRow } ?? false
      if let rowEnd = unsafe rowEnd, unsafe rowEnd < limit, !isTooLong {
        unsafe finish(&state, rowStart, rowEnd)
        unsafe position = rowEnd + 1
        continue
      }
      if unsafe (rowEnd ?? limit) >= limit {
        if !bounds.isEnd && !(bounds.isLimit && isOpen) {
          ending = .needsMore
          undo(state)
          break
        }
        if bounds.isEnd && bounds.endsInLineFeed {
          ending = .torn
          undo(state)
          break
        }
        if let rowEnd = unsafe rowEnd, !isTooLong {
          unsafe finish(&state, rowStart, rowEnd)
          unsafe position = limit
          continue
        }
      }
      // A quote that is never closed, or closed too late, costs its own line, not the rest of the file.
      undo(state)
      let lineEnd = unsafe FieldScanner.first(of: FieldScanner.lineFeed, or: FieldScanner.lineFeed, rowStart)
      if unsafe lineEnd >= limit && !bounds.isEnd {
        ending = .needsMore
        break
      }
      rejects.append(
        Reject(
          reason: unsafe lineReason(lineEnd - rowStart), line: lines,
          range: unsafe (rowStart - base)..<min(lineEnd - base, rowStart - base + Self.keptOfLine)))
      lines += 1
      unsafe position = min(lineEnd + 1, limit)
    }
    end = unsafe offset + Int64(position - base)
  }

  /// The place after an empty line; beyond `limit` when only its carriage return is there. Nil when the line is not empty.
  @inline(__always) private func blankLine(
    _ position: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    if unsafe position[0] == FieldScanner.lineFeed { return unsafe position + 1 }
    guard unsafe position[0] == FieldScanner.carriageReturn && position[1] == FieldScanner.lineFeed else { return nil }
    return unsafe position + 2
  }

  /// Parses the fields of a row.
  ///
  /// - Returns: the place of its line feed, which may be the one behind the buffer; nil when a quote is still open there.
  @inline(__always) private func parseRow(
    _ rowStart: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>, _ state: inout RowState
  ) -> UnsafePointer<UInt8>? {
    let row = rows
    let last = fieldCount &- 1
    var position = unsafe rowStart
    var index = 0
    while true {
      let field = unsafe fields + index
      switch unsafe field.pointee.step {
      case .time:
        if let time = unsafe time(position) {
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = time
          unsafe position += 27
        } else {
          let text = unsafe text(position, limit, &state)
          if unsafe text.isOpen { return nil }
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = slowTime(text, &state)
          unsafe position = text.end
        }
      case .tokens:
        if let (value, end) = unsafe FieldScanner.whole(position) {
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = value
          unsafe position = end
        } else {
          let text = unsafe text(position, limit, &state)
          if unsafe text.isOpen { return nil }
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = slowNumber(text, field.pointee.column, .tokens, &state)
          unsafe position = text.end
        }
      case .duration:
        if let (value, end) = unsafe FieldScanner.decimal(position, places: 3) {
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = value
          unsafe position = end
        } else {
          let text = unsafe text(position, limit, &state)
          if unsafe text.isOpen { return nil }
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = slowNumber(
            text, field.pointee.column, .duration, &state)
          unsafe position = text.end
        }
      case .money:
        if let (value, end) = unsafe FieldScanner.decimal(position, places: 9) {
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = value
          unsafe position = end
        } else {
          let text = unsafe text(position, limit, &state)
          if unsafe text.isOpen { return nil }
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = slowNumber(text, field.pointee.column, .money, &state)
          unsafe position = text.end
        }
      case .skip:
        let text = unsafe text(position, limit, &state)
        if unsafe text.isOpen { return nil }
        unsafe position = text.end
      case .identifier:
        let text = unsafe text(position, limit, &state)
        if unsafe text.isOpen { return nil }
        unsafe field.pointee.integers.unsafelyUnwrapped[row] = identifier(text)
        unsafe position = text.end
      case .text, .status, .errorType, .tier, .metadata:
        let text = unsafe text(position, limit, &state)
        if unsafe text.isOpen { return nil }
        switch unsafe field.pointee.step {
        case .status: unsafe checkStatus(text, &state)
        case .errorType: unsafe state.errorLength = text.length
        case .tier: unsafe state.tierLength = text.length
        case .metadata:
          // With its quotes, but without the carriage return of a line end.
          let length = unsafe position[0] == FieldScanner.quote ? text.end - position : text.length
          unsafe field.pointee.integers.unsafelyUnwrapped[row] = Int64(
            bitPattern: MetadataPlace(offset: offset + Int64(position - UnsafePointer(buffer)), length: length).packed)
        default: break
        }
        let hash = unsafe FieldHash.of(text.start, text.length)
        let dictionary = unsafe dictionaries + field.pointee.column
        if let code = unsafe dictionary.pointee.find(text.start, text.length, hash) {
          unsafe field.pointee.codes.unsafelyUnwrapped[row] = code
        } else {
          unsafe field.pointee.codes.unsafelyUnwrapped[row] = newText(text, hash, dictionary, &state)
        }
        unsafe position = text.end
      }
      if unsafe position[0] == FieldScanner.carriageReturn { unsafe position += 1 }
      if unsafe position[0] == FieldScanner.comma {
        unsafe position += 1
        if index == last { return unsafe skipRest(position, limit, &state) }
        index &+= 1
      } else {
        if index < last { state.rejectFieldCount() }
        return unsafe position
      }
    }
  }

  /// Accepts the row or notes why not.
  @inline(__always) private func finish(
    _ state: inout RowState, _ rowStart: UnsafePointer<UInt8>, _ rowEnd: UnsafePointer<UInt8>
  ) {
    if state.reason == nil { check(&state) }
    if let reason = state.reason {
      undo(state)
      let base = unsafe UnsafePointer(buffer)
      rejects.append(Reject(reason: reason, line: lines, range: unsafe (rowStart - base)..<(rowEnd - base)))
    } else {
      if state.hasNewTexts { commitTexts() }
      rows &+= 1
    }
    lines &+= 1 &+ state.innerLines
  }

  /// The checks that need several columns.
  @inline(__always) private func check(_ state: inout RowState) {
    if let input = checks.input {
      let inputTokens = unsafe fields[input].integers.unsafelyUnwrapped[rows]
      if let output = checks.output {
        let outputTokens = unsafe fields[output].integers.unsafelyUnwrapped[rows]
        let (sum, overflow) = inputTokens.addingReportingOverflow(outputTokens)
        if overflow { state.reject(.numberTooLarge) }
        if let total = checks.total {
          let totalTokens = unsafe fields[total].integers.unsafelyUnwrapped[rows]
          if totalTokens != sum, totalTokens != IntegerColumn.unknown { state.reject(.totalMismatch) }
        }
      }
      var cached: UInt64 = 0
      for part in checks.cacheParts {
        let tokens = unsafe fields[part].integers.unsafelyUnwrapped[rows]
        // Three numbers below 2⁶³ could only pass 2⁶⁴ with one above the input.
        if tokens > inputTokens { state.reject(.cacheAboveInput) }
        if tokens > 0 { cached &+= UInt64(tokens) }
      }
      if cached > inputTokens.magnitude { state.reject(.cacheAboveInput) }
    }
    if checks.comparesErrors, state.isError != (state.errorLength > 0) { state.reject(.statusErrorMismatch) }
    if let price = checks.tierPrice, state.tierLength > 0 {
      if unsafe fields[price].integers.unsafelyUnwrapped[rows] == IntegerColumn.unknown {
        state.reject(.tierWithoutPrice)
      }
    }
  }

  @inline(never) func commitTexts() {
    for column in header.columns where column.isCoded { unsafe dictionaries[Int(column.rawValue)].commit() }
  }

  func undo(_ state: RowState) {
    guard state.hasNewTexts else { return }
    for column in header.columns where column.isCoded { unsafe dictionaries[Int(column.rawValue)].rollBack() }
  }
}

extension BlockParser {
  /// Bytes of a line that are kept for the rejects file at most, when its row has no end.
  private static var keptOfLine: Int { 64 << 10 }

  /// Why a row without end is rejected whose first line has so many bytes before its line feed.
  private func lineReason(_ length: Int) -> RejectReason { length >= longestRow ? .rowTooLong : .unclosedQuote }

  /// Rejects the first line of a row without end. It stands between two file offsets, its front in the buffer.
  func rejectLine(from first: Int64, to lineEnd: Int64) {
    reset()
    let low = min(max(Int(first - offset), 0), count)
    let high = min(low + min(Int(lineEnd - first) - 1, Self.keptOfLine), count)
    rejects.append(Reject(reason: lineReason(Int(lineEnd - first) - 1), line: 0, range: low..<high))
    lines = 1
    start = first
    end = lineEnd
    ending = .complete
  }

  /// The file offset behind the first line feed from `low` on; `high` when there is none before it.
  func firstRow(from low: Int64, to high: Int64) -> Int64 {
    guard low < high else { return high }
    let base = unsafe UnsafePointer(buffer)
    let position = unsafe FieldScanner.first(
      of: FieldScanner.lineFeed, or: FieldScanner.lineFeed, base + Int(low - offset))
    return unsafe min(offset + Int64(position - base) + 1, high)
  }
}
