import Glibc
import LabCore
import LabFiles

/// Writes a Swift source that holds the JSON files below a folder as text: `EmbedFiles FOLDER OUTPUT`.
func jsonFiles(below folder: String, prefix: String) throws(FileError) -> [(name: String, path: String)] {
  var found: [(name: String, path: String)] = []
  for name in try FileSystem.names(in: folder) {
    let path = Path.joined(folder, name)
    if FileHandle.status(of: path)?.isFolder == true {
      found += try jsonFiles(below: path, prefix: prefix + name + "/")
    } else if name.hasSuffix(".json") {
      found.append((prefix + name, path))
    }
  }
  return found
}

let arguments = CommandLine.arguments
guard arguments.count == 3 else {
  print("usage: EmbedFiles FOLDER OUTPUT")
  exit(64)
}
var source =
  "// Made by the build from the folder 'scenarios'.\nextension ShippedFiles {\n  static let contents: [(name: String, text: StaticString)] = [\n"
for file in try jsonFiles(below: arguments[1], prefix: "") {
  let text = String(decoding: try FileSystem.read(file.path), as: UTF8.self)
  var fence = "##"
  while text.contains("\"\"\"" + fence) { fence += "#" }
  source +=
    "    (\n      \"\(file.name)\",\n      \(fence)\"\"\"\n\(text)\(text.hasSuffix("\n") ? "\n" : "\\\(fence)\n")\"\"\"\(fence)\n    ),\n"
}
source += "  ]\n}\n"
try FileSystem.replace(arguments[2], with: Array(source.utf8))
