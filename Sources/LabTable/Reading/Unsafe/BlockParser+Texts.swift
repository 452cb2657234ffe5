/// The loops of text columns, whose codes are found in a cache by the texts' bytes before they are looked up.
///
/// The invariant stands in BlockParser.swift, that of the cache in TextCache.swift.
extension BlockParser {
  /// Parses a text column of a window by the loop that fits its texts.
  func parseTexts(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    if unsafe !caches[field.column].isLong {
      unsafe parseShortTexts(window, index, field, &state)
    } else if unsafe window.hasQuotes {
      unsafe parseQuotedTexts(window, index, field, &state)
    } else {
      unsafe parseLongTexts(window, index, field, &state)
    }
  }

  /// Texts that are mostly at most 16 bytes long and stand without quotes: one in quotes never gets into these entries.
  @inline(never) private func parseShortTexts(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    let target = unsafe field.codes.unsafelyUnwrapped + rows
    let entries = unsafe caches[field.column].short
    let masks = unsafe UnsafePointer(keyMasks)
    let tag = generation &<< 16
    let ending = unsafe ending(window, index)
    let count = unsafe window.rows
    let step = unsafe window.fieldCount
    let base = unsafe window.base
    var place = unsafe window.starts + index
    var others = 0
    for row in 0..<count {
      let start = unsafe base + Int(place[0])
      let length = unsafe Int(place[1]) &- Int(place[0]) &- ending
      unsafe place += step
      if length <= 16 {
        let key = unsafe TextCache.ShortKey(start, length, masks)
        let entry = unsafe entries + key.slot
        let textTag = tag | UInt64(truncatingIfNeeded: length)
        if unsafe (entry.pointee.key.a ^ key.a) | (entry.pointee.key.b ^ key.b) | (entry.pointee.tag ^ textTag) == 0 {
          unsafe target[row] = entry.pointee.code
        } else if unsafe length > 0 && start[0] == FieldScanner.quote {
          others &+= 1
          unsafe target[row] = carefulCode(start, length, field, &state)
        } else {
          let code = unsafe lookUp(start, length, field, &state)
          unsafe target[row] = code
          unsafe entry.pointee = TextCache.Entry(key: key, tag: textTag, code: code)
        }
      } else {
        others &+= 1
        unsafe target[row] = carefulCode(start, length, field, &state)
      }
    }
    // From here on the other loop, when it is the better one.
    unsafe caches[field.column].isLong = others * 4 > count
  }

  @inline(never) private func parseLongTexts(_ window: Window, _ index: Int, _ field: Field, _ state: inout RowState) {
    let target = unsafe field.codes.unsafelyUnwrapped + rows
    let entries = unsafe caches[field.column].longEntries()
    let ending = unsafe ending(window, index)
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let start = unsafe window.base + Int(place[0])
      let length = unsafe Int(place[1]) &- Int(place[0]) &- ending
      unsafe place += window.fieldCount
      unsafe target[row] = longCode(start, length, field, entries, &state)
    }
  }

  @inline(never) private func parseQuotedTexts(
    _ window: Window, _ index: Int, _ field: Field, _ state: inout RowState
  ) {
    let target = unsafe field.codes.unsafelyUnwrapped + rows
    let entries = unsafe caches[field.column].longEntries()
    let ending = unsafe ending(window, index)
    var place = unsafe window.starts + index
    for row in unsafe 0..<window.rows {
      let text = unsafe careful(
        window.base + Int(place[0]), Int(place[1]) &- Int(place[0]) &- ending)
      unsafe place += window.fieldCount
      unsafe target[row] = longCode(text.start, text.length, field, entries, &state)
    }
  }

  /// The code of a text of any length, with or without quotes.
  @inline(never) private func carefulCode(
    _ start: UnsafePointer<UInt8>, _ length: Int, _ field: Field, _ state: inout RowState
  ) -> UInt32 {
    let text = unsafe careful(start, length)
    return unsafe longCode(text.start, text.length, field, caches[field.column].longEntries(), &state)
  }

  /// The code of a text of any length.
  @inline(__always) private func longCode(
    _ start: UnsafePointer<UInt8>, _ length: Int, _ field: Field,
    _ entries: UnsafeMutablePointer<TextCache.Entry<TextCache.LongKey>>, _ state: inout RowState
  ) -> UInt32 {
    let key = unsafe TextCache.LongKey(start, length, keyMasks)
    let tag = generation &<< 16 | UInt64(truncatingIfNeeded: length)
    let entry = unsafe entries + key.slot
    if unsafe has(entry, key, tag, start, length, field) { return unsafe entry.pointee.code }
    let second = unsafe entries + (key.slot ^ 1)
    if unsafe has(second, key, tag, start, length, field) { return unsafe second.pointee.code }
    let code = unsafe lookUp(start, length, field, &state)
    if unsafe length <= TextCache.longest {
      unsafe second.pointee = entry.pointee
      unsafe entry.pointee = TextCache.Entry(key: key, tag: tag, code: code)
    }
    return code
  }

  /// Whether the entry is that of a text.
  @inline(__always) private func has(
    _ entry: UnsafeMutablePointer<TextCache.Entry<TextCache.LongKey>>, _ key: TextCache.LongKey, _ tag: UInt64,
    _ start: UnsafePointer<UInt8>, _ length: Int, _ field: Field
  ) -> Bool {
    unsafe entry.pointee.tag == tag && entry.pointee.key.equals(key)
      && (length <= TextCache.LongKey.whole
        || dictionaries[field.column].begins(entry.pointee.code, start, length &- TextCache.LongKey.tail))
  }

  /// The code of a text that the cache doesn't have.
  @inline(never) private func lookUp(
    _ start: UnsafePointer<UInt8>, _ length: Int, _ field: Field, _ state: inout RowState
  ) -> UInt32 {
    let dictionary = unsafe dictionaries + field.column
    let hash = unsafe FieldHash.of(start, length)
    if let code = unsafe dictionary.pointee.find(start, length, hash) { return code }
    let text = unsafe FieldText(start: start, length: length, end: start + length)
    if unsafe field.step == .status { unsafe checkStatus(text, &state) }
    return unsafe newText(text, hash, dictionary, &state)
  }
}
