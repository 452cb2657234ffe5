import PackagePlugin

/// Puts the shipped scenarios and price books into the binary, so that the lab works from any folder.
@main struct EmbedShippedFiles: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let folder = context.package.directoryURL.appending(path: "scenarios")
    let output = context.pluginWorkDirectoryURL.appending(path: "ShippedFiles+Content.swift")
    let tool = try context.tool(named: "EmbedFiles")
    // The folders are listed here so that a new file is noticed; the tool lists them itself as well.
    let inputs = try FileLister.files(below: folder)
    return [
      .buildCommand(
        displayName: "Embedding the shipped scenarios and price books", executable: tool.url,
        arguments: [folder.path(percentEncoded: false), output.path(percentEncoded: false)], inputFiles: inputs,
        outputFiles: [output])
    ]
  }
}
