import Glibc
import LabTestSupport
import Testing

@testable import LabFiles

@Suite struct OwnedFolderTests {
  private let box: TemporaryFolder
  private let folder: OwnedFolder

  init() throws {
    box = try TemporaryFolder("owned")
    folder = Self.folder(box)
  }

  /// A folder whose list has a name per line.
  private static func folder(_ box: TemporaryFolder) -> OwnedFolder {
    OwnedFolder(box.file("report"), listName: "list.txt") { bytes in
      String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  private func write(_ files: [String: String], failing: FileError? = nil) throws {
    let names = files.keys.sorted()
    try folder.replace(list: Array(names.joined(separator: "\n").utf8), files: names) { path throws(FileError) in
      for name in names {
        try FileSystem.replace(Path.joined(path, name), with: Array((files[name] ?? "").utf8))
        if let failing { throw failing }
      }
    }
  }

  @Test func `the new content takes the place of the old, and nothing is left beside it`() throws {
    try write(["a.html": "1", "tables/x.csv": "1", "tables/y.csv": "1"])
    try write(["a.html": "2", "tables/x.csv": "2"])
    #expect(try box.text(of: "report/a.html") == "2" && box.text(of: "report/tables/x.csv") == "2")
    #expect(!box.exists("report/tables/y.csv"), "what the former list named and the new one doesn't is gone")
    #expect(try box.names() == ["report"])
  }

  @Test func `a link to a folder stays one, and the folder that it leads to is exchanged`() throws {
    try box.write("mine", to: "elsewhere/notes.txt")
    #expect(unsafe symlink(box.file("elsewhere"), box.file("report")) == 0)
    // The link was made after the fixture's own folder value.
    let linked = Self.folder(box)
    for text in ["1", "2"] {
      try linked.replace(list: Array("a.html".utf8), files: ["a.html"]) { path throws(FileError) in
        try FileSystem.replace(Path.joined(path, "a.html"), with: Array(text.utf8))
      }
    }
    #expect(try box.text(of: "elsewhere/a.html") == "2" && box.text(of: "elsewhere/notes.txt") == "mine")
    #expect(FileSystem.isTaken(box.file("report")) && !FileSystem.isFolderItself(box.file("report")))
    #expect(try box.names() == ["elsewhere", "report"])
  }

  @Test(arguments: [".report.new", ".report.old"])
  func `a link where we build is refused, and what it leads to stays`(name: String) throws {
    try box.write("mine", to: "victim/a.html")
    #expect(unsafe symlink(box.file("victim"), box.file(name)) == 0)
    #expect(throws: FileError.self) { try write(["a.html": "1"]) }
    #expect(try box.text(of: "victim/a.html") == "mine")
  }

  @Test func `a file that is replaced through a link stays where it is, and the link a link`() throws {
    try box.write("old", to: "target.html")
    try box.write("precious", to: "target.html.new")
    #expect(unsafe symlink("target.html", box.file("link.html")) == 0)
    try FileSystem.replace(box.file("link.html"), with: Array("new".utf8))
    #expect(FileSystem.isLink(box.file("link.html")))
    #expect(try box.text(of: "target.html") == "new" && box.text(of: "target.html.new") == "precious")
    #expect(try box.names() == ["link.html", "target.html", "target.html.new"])
  }

  @Test func `removing a folder never follows a link`() throws {
    try box.write("mine", to: "victim/file")
    try box.write("ours", to: "doomed/deep/file")
    #expect(unsafe symlink(box.file("victim"), box.file("link")) == 0)
    #expect(unsafe symlink(box.file("victim"), box.file("doomed/deep/link")) == 0)
    try FileSystem.removeFolder(box.file("link"))
    try FileSystem.removeFolder(box.file("doomed"))
    #expect(try box.names() == ["victim"] && box.text(of: "victim/file") == "mine")
  }

  @Test func `a private file that is a pipe or a device is refused at once and keeps its permissions`() throws {
    #expect(unsafe mkfifo(box.file("pipe"), 0o644) == 0)
    #expect(unsafe symlink("/dev/null", box.file("null")) == 0)
    for name in ["pipe", "null"] {
      #expect(throws: FileError.self) { try PrivateFile.append(Array("x".utf8), to: box.file(name)) }
    }
    var status = stat()
    #expect(unsafe stat("/dev/null", &status) == 0 && status.st_mode & 0o777 == 0o666)
  }

  @Test func `files of others are carried over, in folders of ours and of theirs`() throws {
    try box.write("mine", to: "report/notes.txt")
    try write(["a.html": "1", "tables/x.csv": "1"])
    try box.write("mine", to: "report/tables/my.csv")
    try box.write("mine", to: "report/deep/er/file")
    try write(["a.html": "2"])
    for name in ["notes.txt", "tables/my.csv", "deep/er/file"] {
      #expect(try box.text(of: "report/" + name) == "mine", "\(name)")
    }
    #expect(!box.exists("report/tables/x.csv"))
    #expect(try box.names() == ["report"])
  }

  @Test func `a file of another with the name of one of ours is refused before anything is written`() throws {
    try box.write("mine", to: "report/a.html")
    let error = #expect(throws: FileError.self) { try write(["a.html": "1", "b.html": "1"]) }
    #expect(error?.obstacle == .foreign && error?.path == box.file("report/a.html"))
    #expect(try box.text(of: "report/a.html") == "mine" && box.names() == ["report"])
    try box.write("a file", to: "other")
    #expect(throws: FileError.self) {
      try OwnedFolder(box.file("other"), listName: "list.txt", names: { _ in nil }).replace(list: [], files: []) { _ in
      }
    }
    #expect(try box.text(of: "other") == "a file")
  }

  @Test func `a write that fails leaves the former content whole and names the file that a person knows`() throws {
    try write(["a.html": "1"])
    let error = #expect(throws: FileError.self) {
      try write(["a.html": "2"], failing: FileError(.write, box.file(".report.new/a.html"), number: 28))
    }
    #expect(error?.path == box.file("report/a.html"))
    #expect(try box.text(of: "report/a.html") == "1" && box.names() == ["report"])
  }

  @Test func `what an interrupted writer left is finished by the next, at whatever step it stopped`() throws {
    // Stopped while building: nothing of it is anybody's.
    try write(["a.html": "1"])
    try box.write("a.html\nb.html", to: ".report.new/list.txt")
    try box.write("half", to: ".report.new/b.html")
    try write(["a.html": "2"])
    #expect(try box.text(of: "report/a.html") == "2" && box.names() == ["report"])

    // Stopped after the exchange: the former content still holds somebody's file.
    try box.write("a.html", to: ".report.new/list.txt")
    try box.write("old", to: ".report.new/a.html")
    try box.write("mine", to: ".report.new/notes.txt")
    try write(["a.html": "3"])
    #expect(try box.text(of: "report/a.html") == "3" && box.text(of: "report/notes.txt") == "mine")
    #expect(try box.names() == ["report"])

    // Stopped between the two steps of file systems that can't exchange.
    try FileSystem.rename(box.file("report"), to: box.file(".report.old"))
    try write(["a.html": "4"])
    #expect(try box.text(of: "report/a.html") == "4" && box.text(of: "report/notes.txt") == "mine")
    #expect(try box.names() == ["report"])

    // A name that is taken meanwhile is no reason to lose a file.
    try box.write("a.html", to: ".report.new/list.txt")
    try box.write("other", to: ".report.new/notes.txt")
    try write(["a.html": "5"])
    #expect(try box.text(of: "report/notes.txt") == "mine" && box.text(of: "report/notes.txt.kept-1") == "other")
  }

  @Test func `a second writer is refused while the first works`() throws {
    let lock = try FileLock(box.file(".report.lock"))
    let error = #expect(throws: FileError.self) { try write(["a.html": "1"]) }
    #expect(error?.operation == .lock && error?.path == box.file("report"))
    withExtendedLifetime(lock) {}
  }

  @Test func `two folders change places in one step`() throws {
    try box.write("1", to: "x/one")
    try box.write("2", to: "y/two")
    #expect(try FileSystem.exchange(box.file("x"), box.file("y")))
    #expect(box.exists("x/two") && box.exists("y/one"))
    #expect(throws: FileError.self) { try FileSystem.exchange(box.file("x"), box.file("nothing")) }
  }

  @Test func `a list can't name files outside its folder`() throws {
    try box.write("mine", to: "victim")
    try box.write("../victim\n/etc/hostname", to: "report/list.txt")
    try write(["a.html": "1"])
    #expect(try box.text(of: "victim") == "mine")
  }
}
