import LabAnalysis
import LabCore
import LabFiles
import LabScenario
import LabTable

extension LabEnvironment {
  /// Reads what a data file has grown by since it was loaded; when it is another file now, all of it.
  ///
  /// - Returns: the data, and whether what was loaded is still its beginning.
  package func reload(_ data: LoadedData) throws(LabFailure) -> (data: LoadedData, grew: Bool) {
    var data = data
    var options = LoadOptions()
    options.width = threads
    let isOurs = RunRecord.beside(data.facts.path) != nil || data.facts.path.hasSuffix(".part")
    options.endsInLineFeed = isOurs
    var grew = true
    let before = data.facts
    do throws(LabFailure) {
      data.table = try data.table.appending(options, cancellation: cancellation)
      // An equal size with other bytes is not what was loaded.
      if data.facts.bytes == before.bytes, data.facts.fingerprint != before.fingerprint { grew = false }
    } catch {
      guard error.kind == .invalidInput else { throw error }
      grew = false
    }
    if !grew { data.table = try CallTable.load(before.path, options, cancellation: cancellation) }
    if data.subscriptions != nil { data.subscriptions = try SubscriptionFile.beside(before.path) }
    if data.selection != nil { data.selection = try data.select(CallFilter(), in: self) }
    return (data, grew)
  }

  /// Loads what an unfinished run has written so far.
  package func loadPart(of loaded: LoadedScenario) throws(LabFailure) -> LoadedData {
    var request = DataRequest(path: UsageFilePaths(data: loaded.outputPath).part)
    request.isOurs = true
    return try load(request, for: loaded)
  }
}

extension CallFilter {
  /// The filter that `KEY=VALUE` terms spell: repeated keys are alternatives, different keys must all hold.
  ///
  /// - Throws: ``LabFailure`` of kind `usage` for a text without `=`, or with nothing before it.
  package init(assignments texts: [String]) throws(LabFailure) {
    self.init()
    for text in texts {
      guard let sign = text.firstIndex(of: "="), sign != text.startIndex else {
        throw LabFailure(
          .usage, code: "bad_filter", "'\(text)' is no KEY=VALUE", help: "for example: feature_id=chat")
      }
      let key = String(text[..<sign])
      let value = String(text[text.index(after: sign)...])
      if let index = terms.firstIndex(where: { $0.key == key }) {
        terms[index].values.append(value)
      } else {
        terms.append(CallFilter.Term(key: key, values: [value]))
      }
    }
  }
}
