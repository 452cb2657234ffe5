import Glibc
import LabCore
import LabFiles

/// Writes a Swift source that holds the files below a folder as text, in an extension of a type:
/// `EmbedFiles FOLDER OUTPUT TYPE SUFFIX...`.
func files(
  below folder: String, prefix: String, suffixes: ArraySlice<String>
) throws(FileError) -> [(name: String, path: String)] {
  var found: [(name: String, path: String)] = []
  for name in try FileSystem.names(in: folder) {
    let path = Path.joined(folder, name)
    if FileHandle.status(of: path)?.isFolder == true {
      found += try files(below: path, prefix: prefix + name + "/", suffixes: suffixes)
    } else if suffixes.contains(where: { name.hasSuffix($0) }) {
      found.append((prefix + name, path))
    }
  }
  return found
}

let arguments = CommandLine.arguments
guard arguments.count >= 5 else {
  print("usage: EmbedFiles FOLDER OUTPUT TYPE SUFFIX...")
  exit(64)
}
var source =
  "// Made by the build from the folder '\(Path.name(of: arguments[1]))'.\nextension \(arguments[3]) {\n  static let contents: [(name: String, text: StaticString)] = [\n"
for file in try files(below: arguments[1], prefix: "", suffixes: arguments[4...]) {
  let text = String(decoding: try FileSystem.read(file.path), as: UTF8.self)
  var fence = "##"
  while text.contains("\"\"\"" + fence) { fence += "#" }
  source +=
    "    (\n      \"\(file.name)\",\n      \(fence)\"\"\"\n\(text)\(text.hasSuffix("\n") ? "\n" : "\\\(fence)\n")\"\"\"\(fence)\n    ),\n"
}
source += "  ]\n}\n"
try FileSystem.replace(arguments[2], with: Array(source.utf8))
