import LabCore

/// Single fields of a row: texts to codes, times, numbers, identifiers. The invariant stands in BlockParser.swift.
extension BlockParser {
  /// The text of a field, without its quotes.
  @inline(__always) func text(
    _ start: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>, _ state: inout RowState
  ) -> FieldText {
    if unsafe start[0] == FieldScanner.quote { return unsafe quotedText(start, limit, &state) }
    let end = unsafe FieldScanner.end(start)
    var length = unsafe end - start
    if unsafe end[0] == FieldScanner.lineFeed && length > 0 && end[-1] == FieldScanner.carriageReturn { length &-= 1 }
    return unsafe FieldText(start: start, length: length, end: end)
  }

  /// The text of a field that begins with a quote (with its quotes when some are doubled); what follows the closing one makes the row bad.
  @inline(never) private func quotedText(
    _ start: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>, _ state: inout RowState
  ) -> FieldText {
    var position = unsafe start + 1
    var doubled = 0
    while true {
      unsafe position = FieldScanner.first(of: FieldScanner.quote, or: FieldScanner.lineFeed, position)
      if unsafe position[0] == FieldScanner.lineFeed {
        if unsafe position >= limit { return unsafe FieldText(start: start, length: 0, end: limit, isOpen: true) }
        state.innerLines &+= 1
        unsafe position += 1
      } else if unsafe position[1] == FieldScanner.quote {
        doubled += 1
        unsafe position += 2
      } else {
        break
      }
    }
    var field = unsafe FieldText(start: start + 1, length: position - start - 1, end: position + 1)
    if unsafe !FieldScanner.isEnd(field.end) {
      state.reason = .strayQuote
      unsafe field.end = FieldScanner.end(field.end)
    }
    // With doubled quotes the field stays as it stands: no other text begins with a quote, so it is as good a key, and only
    // a new one has to be unquoted.
    if doubled > 0 {
      unsafe field.start = start
      unsafe field.length += 2
    }
    return unsafe field
  }

  /// Goes over the fields that a row has too many.
  @inline(never) func skipRest(
    _ start: UnsafePointer<UInt8>, _ limit: UnsafePointer<UInt8>, _ state: inout RowState
  ) -> UnsafePointer<UInt8>? {
    var position = unsafe start
    while true {
      let field = unsafe text(position, limit, &state)
      if unsafe field.isOpen { return nil }
      state.rejectFieldCount()
      unsafe position = field.end
      if unsafe position[0] == FieldScanner.carriageReturn { unsafe position += 1 }
      if unsafe position[0] == FieldScanner.lineFeed { return unsafe position }
      unsafe position += 1
    }
  }

  /// A timestamp of the form that we write, whose date is most often that of the row before; nil for other forms.
  @inline(__always) func time(_ start: UnsafePointer<UInt8>) -> Int64? {
    let first = unsafe FieldScanner.word(start)
    let last = unsafe UnsafeRawPointer(start + 8).loadUnaligned(as: UInt16.self)
    guard unsafe start[10] == UInt8(ascii: "T"), let ofDay = unsafe FieldScanner.timeOfDay(start + 11) else {
      return nil
    }
    if first != cachedDate.first || last != cachedDate.last {
      guard let midnight = unsafe midnight(start) else { return nil }
      cachedDate = (first, last, midnight)
    }
    return cachedDate.start &+ ofDay
  }

  /// The first instant of the day that `yyyy-mm-dd` names.
  @inline(never) private func midnight(_ start: UnsafePointer<UInt8>) -> Int64? {
    var numbers = (0, 0, 0)
    for index in 0..<10 {
      let digit = unsafe Int(start[index]) - 48
      if index == 4 || index == 7 {
        guard unsafe start[index] == UInt8(ascii: "-") else { return nil }
      } else {
        guard digit >= 0, digit <= 9 else { return nil }
        switch index {
        case 0..<4: numbers.0 = numbers.0 * 10 + digit
        case 5, 6: numbers.1 = numbers.1 * 10 + digit
        default: numbers.2 = numbers.2 * 10 + digit
        }
      }
    }
    guard numbers.0 >= 1, let date = CivilDate(checkedYear: numbers.0, month: numbers.1, day: numbers.2) else {
      return nil
    }
    return Instant(date: date).microseconds
  }

  /// A timestamp of any accepted form.
  @inline(never) func slowTime(_ field: FieldText, _ state: inout RowState) -> Int64 {
    // No form is longer than 40 characters.
    let length = unsafe min(field.length, 64)
    let text = unsafe String(decoding: UnsafeBufferPointer(start: field.start, count: length), as: UTF8.self)
    guard unsafe field.length <= 64, let instant = Instant(text) else {
      state.reject(.badTimestamp)
      return 0
    }
    return instant.microseconds
  }

  /// A number of any accepted form. Where it may be empty, empty is unknown.
  @inline(never) func slowNumber(
    _ field: FieldText, _ column: Int, _ kind: UsageColumn.Kind, _ state: inout RowState
  ) -> Int64 {
    if unsafe field.length == 0 {
      if column == Int(UsageColumn.inputTokens.rawValue) || column == Int(UsageColumn.outputTokens.rawValue) {
        state.reject(.badNumber)
      }
      return IntegerColumn.unknown
    }
    // The longest number that says anything is far shorter.
    let bytes = unsafe Array(UnsafeBufferPointer(start: field.start, count: min(field.length, 1000)))
    do throws(FieldValue.Problem) {
      guard unsafe field.length <= 1000 else { throw .unreadable }
      return try FieldValue.number(bytes[...], kind)
    } catch {
      switch error {
      case .unreadable: state.reject(.badNumber)
      case .negative: state.reject(.negativeNumber)
      case .tooLarge: state.reject(.numberTooLarge)
      }
      return 0
    }
  }

  @inline(__always) func identifier(_ field: FieldText) -> Int64 {
    if unsafe field.length == 0 { return 0 }
    if unsafe field.start[0] == FieldScanner.quote { return unsafe quotedIdentifier(field) }
    return unsafe TextDictionary.identifier(hash: FieldHash.of(field.start, field.length))
  }

  @inline(never) private func quotedIdentifier(_ field: FieldText) -> Int64 {
    let bytes = unsafe Array(UnsafeBufferPointer(start: field.start, count: field.length))
    let text = CSVField.unquoted(bytes[...])
    return unsafe text.withUnsafeBufferPointer { unsafe TextDictionary.identifier(hash: FieldHash.of($0)) }
  }

  @inline(__always) func checkStatus(_ field: FieldText, _ state: inout RowState) {
    if unsafe field.length == 7 && FieldScanner.word(field.start) << 8 == 0x73_7365_6363_7573 << 8 {
      state.isError = false
    } else if unsafe field.length == 5 && FieldScanner.word(field.start) << 24 == 0x72_6f72_7265 << 24 {
      state.isError = true
    } else {
      state.reject(.badStatus)
    }
  }

  /// Takes a new text into the dictionary, when it is text at all.
  @inline(never) func newText(
    _ field: FieldText, _ hash: UInt64, _ dictionary: UnsafeMutablePointer<BlockDictionary>, _ state: inout RowState
  ) -> UInt32 {
    let bytes = unsafe UnsafeBufferPointer(start: field.start, count: field.length)
    if unsafe bytes.contains(0) {
      state.reject(.nulByte)
      return 0
    }
    guard unsafe (try? UTF8Span(validating: bytes.span)) != nil else {
      state.reject(.invalidUTF8)
      return 0
    }
    state.hasNewTexts = true
    return unsafe dictionary.pointee.insert(field.start, field.length, hash)
  }
}
