import PackagePlugin

/// Puts files of the package into the binary, so that the lab works from any folder: the shipped scenarios and price books
/// into `LabPipeline`, style sheet and script of the reports into `LabRendering`, the viewer's page into `LabViewer`.
@main struct EmbedShippedFiles: BuildToolPlugin {
  /// A folder of the package that becomes part of a target.
  private struct Shipment {
    var folder: String
    var suffixes: [String]
    /// The type that holds the content.
    var type: String
    var words: String
  }

  private static let shipments = [
    "LabPipeline": Shipment(
      folder: "scenarios", suffixes: [".json"], type: "ShippedFiles", words: "the shipped scenarios and price books"),
    "LabRendering": Shipment(
      folder: "assets", suffixes: [".css", ".js"], type: "ReportAssets", words: "the style sheet and script of reports"),
    "LabViewer": Shipment(
      folder: "Sources/LabViewer/Page", suffixes: [".css", ".html", ".js"], type: "PageFiles",
      words: "the viewer's page"),
  ]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let shipment = Self.shipments[target.name] else { return [] }
    let folder = context.package.directoryURL.appending(path: shipment.folder)
    let output = context.pluginWorkDirectoryURL.appending(path: shipment.type + "+Content.swift")
    let tool = try context.tool(named: "EmbedFiles")
    // The folders are listed here so that a new file is noticed; the tool lists them itself as well.
    let inputs = try FileLister.files(below: folder, suffixes: shipment.suffixes)
    return [
      .buildCommand(
        displayName: "Embedding \(shipment.words)", executable: tool.url,
        arguments: [folder.path(percentEncoded: false), output.path(percentEncoded: false), shipment.type]
          + shipment.suffixes, inputFiles: inputs, outputFiles: [output])
    ]
  }
}
