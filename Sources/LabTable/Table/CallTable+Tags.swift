import LabCore
import LabFiles

extension CallTable {
  /// The names of the tags that the metadata dictionary has, in order of appearance. Tags that stand only in rows whose
  /// metadata stayed in the file are not among them.
  public var tagNames: [String] { tags.names }

  /// The values of a tag that the metadata dictionary has; none for a tag that it lacks.
  public func tagValues(_ name: String) -> [String] { tags[name]?.values.texts.filter { !$0.isEmpty } ?? [] }

  /// Whether some metadata stayed in the file, because there were too many different texts for a dictionary.
  public var keepsMetadataInFile: Bool { segments.contains { $0.metadataPlaces != nil } }

  /// The tags of a metadata text, by its code in the dictionary of the column; no tags when it is no JSON object.
  public func tags(ofMetadata code: UInt32) -> [(name: String, value: String)] {
    TagDictionary.tags(of: dictionary(.metadata)[code])
  }

  /// The values of a tag over all rows.
  ///
  /// - Throws: ``LabFailure`` when no row can have the tag, when the file lacks metadata, or when metadata that stayed in
  ///   the file can't be read again.
  func tagColumn(_ name: String, _ context: ScanContext) throws(LabFailure) -> TagColumn {
    guard has(.metadata) else { throw .table(.missingColumn(UsageColumn.metadata.name)) }
    guard tags[name] != nil || keepsMetadataInFile else {
      throw .question(.unknownTag(name, help: Suggestion.help(for: name, among: tags.names)))
    }
    var tag = tags[name] ?? TagDictionary.Tag()
    if tag.values.count == 0 { _ = tag.values.insert("") }
    var column = TagColumn(values: tag.values, tag: tag, codesBySegment: Array(repeating: nil, count: segments.count))
    guard keepsMetadataInFile else { return column }
    let texts = try Parallel.map(count: segments.count, width: context.width) {
      (index: Int) throws(LabFailure) -> [String]? in
      guard let places = segments[index].metadataPlaces else { return nil }
      try context.cancellation.check()
      return try readMetadata(places).map { text in TagDictionary.tags(of: text).last { $0.name == name }?.value ?? "" }
    }
    for (index, values) in texts.enumerated() {
      guard let values else { continue }
      var codes: ContiguousArray<UInt32> = []
      codes.reserveCapacity(values.count)
      for value in values { codes.append(column.values.insert(value)) }
      column.codesBySegment[index] = codes
    }
    return column
  }

  /// The metadata text of one row; nil when the file has no metadata column.
  public func metadata(row: Int) throws(LabFailure) -> String? {
    guard has(.metadata), let (segment, row) = place(ofRow: row) else { return nil }
    guard let places = segment.metadataPlaces else { return text(.metadata, row: segment.firstRow + row) }
    return try readMetadata([places[row]]).first
  }

  /// The texts at places of the file, their quotes taken off.
  private func readMetadata(_ places: ContiguousArray<MetadataPlace>) throws(LabFailure) -> [String] {
    do throws(FileError) {
      let handle = try FileHandle.reading(facts.path)
      var texts: [String] = []
      texts.reserveCapacity(places.count)
      // Rows stand one after another: a window of the file serves many of them, and a single row needs no more than itself.
      let ahead = places.count > 1 ? 1 << 20 : 0
      var window: [UInt8] = []
      var windowStart: Int64 = 0
      for place in places {
        if place.offset < windowStart || place.offset + Int64(place.length) > windowStart + Int64(window.count) {
          window.removeAll(keepingCapacity: true)
          windowStart = place.offset
          try handle.read(into: &window, count: max(place.length, ahead), at: windowStart)
        }
        let start = Int(place.offset - windowStart)
        guard start + place.length <= window.count else { throw FileError(.read, facts.path, number: 5) }
        texts.append(CSVField.text(window[start..<(start + place.length)]))
      }
      return texts
    } catch { throw error.failure }
  }
}
