import Glibc

/// A folder whose files we write as a whole and exchange in one step, beside files of others, which are never deleted.
///
/// The new content is built in `.NAME.new` beside the folder, then the two are exchanged and the former content is taken
/// apart: what its list names as ours is removed, everything else moves into the new folder. Whenever that is cut short,
/// the next writer finishes it first. The list is a file of the folder itself, written before all others, so that every file
/// of ours is named by a list at any moment.
public struct OwnedFolder: Sendable {
  /// A file of the folder.
  public struct File: Sendable {
    /// The path inside the folder.
    public var name: String
    public var bytes: [UInt8]

    public init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  public let path: String
  /// The name of the file that lists ours.
  public let listName: String
  /// The names that a list holds; nil when it is none of ours.
  private let names: @Sendable ([UInt8]) -> [String]?

  public init(_ path: String, listName: String, names: @escaping @Sendable ([UInt8]) -> [String]?) {
    // A link to a folder stays one: the folder that it leads to is exchanged.
    self.path = FileSystem.resolved(path) ?? Path.normalised(path)
    self.listName = listName
    self.names = names
  }

  private var parent: String { Path.folder(of: path) }
  private var fresh: String { Path.joined(parent, ".\(Path.name(of: path)).new") }
  private var former: String { Path.joined(parent, ".\(Path.name(of: path)).old") }
  private var lockPath: String { Path.joined(parent, ".\(Path.name(of: path)).lock") }

  /// Replaces the folder's files of ours by these.
  ///
  /// - Parameters:
  ///   - list: the content of the list, which names all files.
  ///   - write: writes the files below a folder that it is given; they are checked against `names` by no one.
  /// - Throws: ``FileError``. The former content is whole unless the exchange had been made.
  public func replace(list: [UInt8], files: [String], write: (String) throws(FileError) -> Void) throws(FileError) {
    guard !FileSystem.isTaken(path) || FileHandle.status(of: path)?.isFolder == true else {
      throw FileError(.create, path, number: EEXIST, obstacle: .foreign)
    }
    try FileSystem.createFolder(parent)
    let lock: FileLock
    do throws(FileError) { lock = try FileLock(lockPath) } catch {
      throw error.number == EWOULDBLOCK ? FileError(.lock, path, number: error.number) : error
    }
    defer { withExtendedLifetime(lock) {} }
    try finishExchange()
    try refuseForeignFiles(files + [listName])
    do throws(FileError) {
      try FileSystem.createFolder(fresh)
      try FileSystem.replace(Path.joined(fresh, listName), with: list)
      for folder in Set(files.map { Path.folder(of: $0) }).sorted() where folder != "." {
        try FileSystem.createFolder(Path.joined(fresh, folder))
      }
      try write(fresh)
    } catch {
      try? takeApart(fresh)
      throw shown(error)
    }
    try exchange()
    try takeApart(fresh)
  }

  /// The path that a person knows, for an error about a file of the new folder.
  private func shown(_ error: FileError) -> FileError {
    guard error.path.hasPrefix(fresh + "/") else { return error }
    var error = error
    error.path = Path.joined(path, String(error.path.dropFirst(fresh.count + 1)))
    return error
  }

  /// Brings the folder back into order after a writer that didn't end.
  private func finishExchange() throws(FileError) {
    // What we build in or take apart is a folder of ours, never a link or a file of somebody's.
    for place in [fresh, former] where FileSystem.isTaken(place) && !FileSystem.isFolderItself(place) {
      throw FileError(.create, place, number: EEXIST, obstacle: .foreign)
    }
    if FileSystem.isFolderItself(former) {
      if FileSystem.isTaken(path) { try takeApart(former) } else { try FileSystem.rename(former, to: path) }
    }
    if FileSystem.isFolderItself(fresh) { try takeApart(fresh) }
  }

  /// Refuses to write over a file that is not ours.
  private func refuseForeignFiles(_ files: [String]) throws(FileError) {
    guard FileSystem.exists(path) else { return }
    let ours = Set(ourNames(in: path))
    for name in files where !ours.contains(name) {
      let target = Path.joined(path, name)
      if FileSystem.isTaken(target) { throw FileError(.create, target, number: EEXIST, obstacle: .foreign) }
    }
  }

  private func ourNames(in folder: String) -> [String] {
    guard let bytes = try? FileSystem.read(Path.joined(folder, listName)), let names = names(bytes) else { return [] }
    return names.filter { !$0.hasPrefix("/") && !$0.split(separator: "/").contains("..") } + [listName]
  }

  private func exchange() throws(FileError) {
    guard FileSystem.isTaken(path) else { return try FileSystem.rename(fresh, to: path) }
    if try FileSystem.exchange(fresh, path) { return }
    // Two steps, the second of which the next writer would take if we couldn't.
    try FileSystem.rename(path, to: former)
    try FileSystem.rename(fresh, to: path)
    try takeApart(former)
  }

  /// Removes what is ours from a folder that is not in use any more, moves the rest into the folder, and removes it.
  private func takeApart(_ folder: String) throws(FileError) {
    guard FileSystem.isFolderItself(folder) else { return }
    for name in ourNames(in: folder) where name != listName { try FileSystem.remove(Path.joined(folder, name)) }
    try move(folder, into: path, except: [listName])
    // Without its list nothing in the folder could be told apart: it goes last.
    for name in try FileSystem.names(in: folder) where FileSystem.isUnfinished(name) {
      try FileSystem.remove(Path.joined(folder, name))
    }
    try FileSystem.remove(Path.joined(folder, listName))
    try FileSystem.removeEmptyFolder(folder)
  }

  /// Moves what is in a folder into another one. What has its name taken there gets a free one beside it.
  private func move(_ folder: String, into target: String, except kept: Set<String> = []) throws(FileError) {
    for name in try FileSystem.names(in: folder)
    where !kept.contains(name) && !FileSystem.isUnfinished(name) {
      let source = Path.joined(folder, name)
      if FileSystem.isFolderItself(source) {
        try move(source, into: Path.joined(target, name))
        try FileSystem.removeEmptyFolder(source)
        continue
      }
      try FileSystem.createFolder(target)
      var free = Path.joined(target, name)
      var number = 1
      while FileSystem.isTaken(free) {
        free = Path.joined(target, "\(name).kept-\(number)")
        number += 1
      }
      try FileSystem.rename(source, to: free)
    }
  }
}
