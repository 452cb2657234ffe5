import LabAnalysis
import LabCore
import LabFiles
import LabRendering
import LabReport

extension LabEnvironment {
  /// Writes the report of an analysis: a folder of pages, or one file. The former report stays whole until the new one is.
  ///
  /// - Throws: ``LabFailure``: `cannotCreate` when something else is in the way, `locked` when another run writes the report,
  ///   `inputOutput` when writing failed, such as on a full disk; `internalError` when findings can't be encoded.
  public func writeReport(_ request: ReportRequest) throws(LabFailure) -> ReportOutcome {
    let library = request.usesCDN ? nil : ChartLibrary.load()
    let site = ReportComposer(request: request, version: version, library: library).site
    let missing: ChartLibrary.Absence? = if case .failure(let absence) = library { absence } else { nil }
    return request.singleFile
      ? try writeSingle(site, request, missing) : try writeFolder(site, request, library: library, missing)
  }

  /// The page of one analyzer as it stands in the report, for those who show it by other ways.
  ///
  /// - Returns: nil when no analyzer has the id.
  public func reportPage(of id: String, in request: ReportRequest) -> [UInt8]? {
    let library = request.usesCDN ? nil : ChartLibrary.load()
    let site = ReportComposer(request: request, version: version, library: library).site
    return site.pages.first { $0.id == id }.map { Array(site.page($0).html.utf8) }
  }

  private func writeSingle(
    _ site: ReportSite, _ request: ReportRequest, _ missing: ChartLibrary.Absence?
  ) throws(LabFailure) -> ReportOutcome {
    let page = site.singlePage()
    let bytes = Array(page.html.utf8)
    let path = try request.singlePath()
    do throws(FileError) {
      try FileSystem.createFolder(Path.folder(of: path))
      try FileSystem.replace(path, with: bytes)
    } catch { throw error.failure }
    return ReportOutcome(
      path: path, index: path,
      pages: [.init(name: Path.name(of: path), title: page.title, bytes: bytes.count, failed: false)],
      chartsMissing: missing, bytes: bytes.count)
  }

  /// Refuses a folder that a shell or this program stands in: the exchange of folders would leave them in a removed one.
  private func refuseStandingIn(_ folder: String) throws(LabFailure) {
    let target = FileSystem.resolved(folder) ?? folder
    let here = FileSystem.resolved(".") ?? FileSystem.workingDirectory
    guard !folder.isEmpty, target != here, !here.hasPrefix(target.hasSuffix("/") ? target : target + "/") else {
      throw LabFailure(
        .usage, code: "output_is_here",
        "a report is a folder of its own, and '\(folder)' is the one you are in or above it",
        help: "name a folder inside it, such as -o report")
    }
  }

  private func writeFolder(
    _ site: ReportSite, _ request: ReportRequest, library: Result<[UInt8], ChartLibrary.Absence>?,
    _ missing: ChartLibrary.Absence?
  ) throws(LabFailure) -> ReportOutcome {
    try refuseStandingIn(request.folder)
    let rendered = Parallel.map(count: site.pages.count + 1, width: threads) { index in
      index == 0 ? site.indexPage() : site.page(site.pages[index - 1])
    }
    var parts: [ReportPart] = rendered.map { .page($0) } + rendered.flatMap(\.tables).map { .table($0) }
    parts += [
      .bytes("summary.json", try request.document.json(threads: threads)),
      .text("assets/report.css", ReportAssets.styleSheet), .text("assets/report.js", ReportAssets.script),
    ]
    if case .success(let bytes) = library { parts.append(.bytes("assets/chart.min.js", bytes)) }
    let all = parts
    let contents = try Parallel.map(count: all.count, width: threads) { index throws(LabFailure) in
      let bytes = try all[index].bytes()
      return (file: OwnedFolder.File(all[index].name, bytes), fingerprint: all[index].fingerprint(of: bytes))
    }
    let manifest = ReportManifest(
      request: request, version: version,
      files: contents.map { ($0.file.name, $0.file.bytes.count, $0.fingerprint) })
    let folder = OwnedFolder(
      request.folder, listName: ReportManifest.name, names: { ReportManifest.names(in: $0) })
    let list = manifest.json
    do throws(FileError) {
      try folder.replace(list: list, files: contents.map(\.file.name)) { path throws(FileError) in
        _ = try Parallel.map(count: contents.count, width: threads) { index throws(FileError) in
          let file = contents[index].file
          try FileHandle.creating(Path.joined(path, file.name)).write(file.bytes)
        }
      }
    } catch { throw error.failure }
    let failed = Set(site.pages.filter { if case .failed = $0.state { true } else { false } }.map(\.title))
    return ReportOutcome(
      path: folder.path, index: Path.joined(folder.path, "index.html"),
      pages: zip(rendered, contents).map { page, content in
        .init(
          name: page.name, title: page.title, bytes: content.file.bytes.count, failed: failed.contains(page.title))
      }, chartsMissing: missing, bytes: contents.reduce(list.count) { $0 + $1.file.bytes.count })
  }
}

/// A file of a report before it is bytes.
private enum ReportPart: Sendable {
  case page(RenderedPage)
  case table(TableFile)
  case text(String, String)
  case bytes(String, [UInt8])

  var name: String {
    switch self {
    case .page(let page): page.name
    case .table(let table): table.name
    case .text(let name, _), .bytes(let name, _): name
    }
  }

  func bytes() throws(LabFailure) -> [UInt8] {
    switch self {
    case .page(let page): Array(page.html.utf8)
    case .table(let table): table.bytes
    case .text(_, let text): Array(text.utf8)
    case .bytes(_, let bytes): bytes
    }
  }

  /// The fingerprint of the content, without the line that tells the time.
  func fingerprint(of bytes: [UInt8]) -> Fingerprint {
    if case .page(let page) = self, page.stampLine != nil { return Fingerprint.of(page.htmlWithoutStamp) }
    return Fingerprint.of(bytes)
  }
}
