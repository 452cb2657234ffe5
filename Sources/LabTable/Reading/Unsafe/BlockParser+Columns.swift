/// Reads a window of rows column by column: the loop of a column has one kind of field, which the processor learns, and
/// consecutive fields don't wait for each other. What is not plain (a wrong number of fields, a value that makes a row bad, a
/// line break inside quotes) leaves the window to the loop over rows, which says what is wrong.
///
/// The invariant stands in BlockParser.swift; places of fields come from SeparatorIndex.swift, so that every field lies
/// in the content.
extension BlockParser {
  /// The rows of a window.
  @unsafe struct Window {
    var base: UnsafePointer<UInt8>
    var starts: UnsafePointer<UInt32>
    var rows: Int
    var fieldCount: Int
    var hasQuotes: Bool
    /// Bytes between the last field of a row and the next row: 2 with a carriage return.
    var rowEnding: Int
  }

  /// Parses the whole rows of the window at `position` that start before `stop`.
  ///
  /// - Returns: the place after them; nil when there is none or one of them needs the loop over rows: nothing is kept then.
  func parseWindow(
    _ position: UnsafePointer<UInt8>, _ stop: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    // The last row may reach beyond the block, though seldom far.
    let length = unsafe min(SeparatorIndex.window, limit - position, stop - position + (4 << 10))
    unsafe separators.scan(position, length: length)
    guard unsafe separators.isRegular else { return nil }
    var count = unsafe separators.lineFeeds
    // With as many line feeds as rows, and one behind each row, no other separator is one.
    guard unsafe count > 0 && count * fieldCount <= separators.count else { return nil }
    let starts = unsafe UnsafePointer(separators.starts)
    var isEven = true
    var carriageReturns = 0
    for row in 1...count {
      let next = unsafe position + Int(starts[row &* fieldCount])
      if unsafe next[-1] != FieldScanner.lineFeed { isEven = false }
      if unsafe next[-2] == FieldScanner.carriageReturn { carriageReturns &+= 1 }
    }
    guard isEven, carriageReturns == 0 || carriageReturns == count else { return nil }
    while unsafe count > 0 && position + Int(starts[(count - 1) * fieldCount]) >= stop { count -= 1 }
    guard count > 0 else { return nil }
    while rowCapacity - rows < count { growRows() }
    let window = unsafe Window(
      base: position, starts: starts, rows: count, fieldCount: fieldCount, hasQuotes: separators.hasQuotes,
      rowEnding: carriageReturns > 0 ? 2 : 1)
    var state = RowState()
    guard unsafe parseColumns(window, &state) && checkRows(count) else {
      undo(state)
      generation &+= 1
      return nil
    }
    if state.hasNewTexts { commitTexts() }
    rows &+= count
    lines &+= count
    return unsafe position + Int(starts[count &* fieldCount])
  }

  /// Parses all columns; false when some field makes its row bad.
  private func parseColumns(_ window: Window, _ state: inout RowState) -> Bool {
    unsafe errorFlags.update(repeating: 0, count: window.rows)
    for index in 0..<fieldCount {
      let field = unsafe fields[index]
      switch unsafe field.step {
      case .skip: break
      case .time: unsafe parseTimes(window, index, field, &state)
      case .tokens: unsafe parseTokens(window, index, field, &state)
      case .duration: unsafe parseDurations(window, index, field, &state)
      case .money: unsafe parseMoney(window, index, field, &state)
      case .identifier: unsafe parseIdentifiers(window, index, field)
      case .text, .status, .errorType, .tier, .metadata:
        unsafe parseTexts(window, index, field, &state)
        switch unsafe field.step {
        case .status: unsafe noteErrors(window, field)
        case .errorType: unsafe noteLengths(window, index, errorFlags, adds: true)
        case .tier: unsafe noteLengths(window, index, tierFlags, adds: false)
        case .metadata: unsafe notePlaces(window, index, field)
        default: break
        }
      }
      if state.reason != nil { return false }
    }
    return true
  }

  // MARK: - Fields

  /// Bytes between a field of the column and the next field.
  @inline(__always) func ending(_ window: Window, _ index: Int) -> Int {
    unsafe index == window.fieldCount &- 1 ? window.rowEnding : 1
  }

  /// The text of a field that begins with a quote, as the loop over rows gives it.
  private func unquoted(_ start: UnsafePointer<UInt8>, _ length: Int) -> FieldText {
    let last = unsafe start + (length - 1)
    let next = unsafe FieldScanner.first(of: FieldScanner.quote, or: FieldScanner.quote, start + 1)
    if unsafe next < last { return unsafe FieldText(start: start, length: length, end: start + length) }
    return unsafe FieldText(start: start + 1, length: length - 2, end: start + length)
  }

  func careful(_ start: UnsafePointer<UInt8>, _ length: Int) -> FieldText {
    if unsafe length > 1 && start[0] == FieldScanner.quote { return unsafe unquoted(start, length) }
    return unsafe FieldText(start: start, length: length, end: start + length)
  }

  @inline(never) private func parseTimes(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    let target = unsafe field.integers.unsafelyUnwrapped + rows
    let ending = unsafe ending(window, index)
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let start = unsafe window.base + Int(place[0])
      let length = unsafe Int(place[1]) &- Int(place[0]) &- ending
      if length == 27, let time = unsafe time(start) {
        unsafe target[row] = time
      } else {
        unsafe target[row] = slowTime(careful(start, length), &state)
      }
      unsafe place += window.fieldCount
    }
  }

  @inline(never) private func parseTokens(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    unsafe parseNumbers(window, index, field, .tokens, &state) { unsafe FieldScanner.whole($0, $1) }
  }

  @inline(never) private func parseDurations(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    unsafe parseNumbers(window, index, field, .duration, &state) { unsafe FieldScanner.decimal($0, $1, places: 3) }
  }

  @inline(never) private func parseMoney(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    unsafe parseNumbers(window, index, field, .money, &state) { unsafe FieldScanner.decimal($0, $1, places: 9) }
  }

  @inline(__always) private func parseNumbers(
    _ window: Window, _ index: Int, _ field: Field, _ kind: UsageColumn.Kind, _ state: inout RowState,
    _ plain: (UnsafePointer<UInt8>, Int) -> Int64?
  ) {
    let target = unsafe field.integers.unsafelyUnwrapped + rows
    let ending = unsafe ending(window, index)
    let step = unsafe window.fieldCount
    let base = unsafe window.base
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let start = unsafe base + Int(place[0])
      let length = unsafe Int(place[1]) &- Int(place[0]) &- ending
      unsafe place += step
      if let value = unsafe plain(start, length) {
        unsafe target[row] = value
      } else {
        unsafe target[row] = otherNumber(start, length, field.column, kind, &state)
      }
    }
  }

  /// A number in a form that the loop of its column doesn't read.
  @inline(never) private func otherNumber(
    _ start: UnsafePointer<UInt8>, _ length: Int, _ column: Int, _ kind: UsageColumn.Kind, _ state: inout RowState
  ) -> Int64 {
    if length > 0 {
      let end = unsafe start + length
      let places = kind == .money ? 9 : 3
      if let (value, valueEnd) = unsafe kind == .tokens
        ? FieldScanner.whole(start) : FieldScanner.decimal(start, places: places), unsafe valueEnd == end
      {
        return value
      }
    }
    return unsafe slowNumber(careful(start, length), column, kind, &state)
  }

  @inline(never) private func parseIdentifiers(_ window: Window, _ index: Int, _ field: Field) {
    let target = unsafe field.integers.unsafelyUnwrapped + rows
    let ending = unsafe ending(window, index)
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let start = unsafe window.base + Int(place[0])
      let length = unsafe Int(place[1]) &- Int(place[0]) &- ending
      unsafe place += window.fieldCount
      if length == 0 {
        unsafe target[row] = 0
      } else if unsafe start[0] == FieldScanner.quote {
        unsafe target[row] = identifier(careful(start, length))
      } else {
        unsafe target[row] = TextDictionary.identifier(hash: FieldHash.of(start, length))
      }
    }
  }

  // MARK: - What rows are checked by

  /// Turns the flags of rows whose status is error.
  private func noteErrors(_ window: Window, _ field: Field) {
    let codes = unsafe field.codes.unsafelyUnwrapped + rows
    // The two statuses have different lengths.
    let errors = unsafe (
      dictionaries[field.column].length(of: 0) == 5 ? 1 : 0 as UInt8,
      dictionaries[field.column].length(of: 1) == 5 ? 1 : 0 as UInt8
    )
    for row in unsafe 0..<window.rows { unsafe errorFlags[row] ^= codes[row] == 0 ? errors.0 : errors.1 }
  }

  /// Sets the flag of rows whose field is not empty, or turns it.
  private func noteLengths(_ window: Window, _ index: Int, _ flags: UnsafeMutablePointer<UInt8>, adds: Bool) {
    let ending = unsafe ending(window, index)
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let start = unsafe window.base + Int(place[0])
      let length = unsafe Int(place[1]) &- Int(place[0]) &- ending
      let isEmpty = unsafe length == 0 || (length == 2 && start[0] == FieldScanner.quote)
      unsafe flags[row] = (adds ? flags[row] : 0) ^ (isEmpty ? 0 : 1)
      unsafe place += window.fieldCount
    }
  }

  /// Keeps where the fields of the metadata stand in the file.
  private func notePlaces(_ window: Window, _ index: Int, _ field: Field) {
    let target = unsafe field.integers.unsafelyUnwrapped + rows
    let windowOffset = unsafe offset + Int64(window.base - UnsafePointer(buffer))
    let ending = unsafe ending(window, index)
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let (low, high) = unsafe (place[0], place[1])
      let metadata = MetadataPlace(offset: windowOffset + Int64(low), length: Int(high &- low) &- ending)
      unsafe target[row] = Int64(bitPattern: metadata.packed)
      unsafe place += window.fieldCount
    }
  }

  /// The checks that need several columns, over `count` rows: false when one of them is bad.
  @inline(never) private func checkRows(_ count: Int) -> Bool {
    var bad: Int64 = 0
    if let input = checks.input {
      let inputs = unsafe fields[input].integers.unsafelyUnwrapped + rows
      if let output = checks.output {
        let outputs = unsafe fields[output].integers.unsafelyUnwrapped + rows
        // Both are known and at least 0: a sum beyond the range is negative.
        for row in 0..<count { bad |= unsafe (inputs[row] &+ outputs[row]) & .min }
        if let total = checks.total {
          let totals = unsafe fields[total].integers.unsafelyUnwrapped + rows
          for row in 0..<count {
            let (sum, stated) = unsafe (inputs[row] &+ outputs[row], totals[row])
            bad |= stated == sum || stated == IntegerColumn.unknown ? 0 : 1
          }
        }
      }
      if !checks.cacheParts.isEmpty { bad |= unsafe cacheAboveInput(inputs, count) ? 1 : 0 }
    }
    if checks.comparesErrors { for row in 0..<count { bad |= unsafe Int64(errorFlags[row]) } }
    if let price = checks.tierPrice {
      let prices = unsafe fields[price].integers.unsafelyUnwrapped + rows
      for row in 0..<count {
        bad |= unsafe prices[row] == IntegerColumn.unknown ? Int64(tierFlags[row]) : 0
      }
    }
    return bad == 0
  }

  /// Whether the cached and written tokens of some row exceed its input.
  private func cacheAboveInput(_ inputs: UnsafePointer<Int64>, _ count: Int) -> Bool {
    var isAbove = false
    for row in 0..<count {
      let input = unsafe inputs[row]
      var parts: UInt64 = 0
      for index in checks.cacheParts.indices {
        let tokens = unsafe fields[checks.cacheParts[index]].integers.unsafelyUnwrapped[rows &+ row]
        isAbove = isAbove || tokens > input
        parts &+= UInt64(max(tokens, 0))
      }
      isAbove = isAbove || parts > input.magnitude
    }
    return isAbove
  }
}
