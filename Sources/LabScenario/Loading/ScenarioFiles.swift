import LabCore
import LabFiles
import LabPrices

/// Where a loader finds files and price books; the disk and the shipped files stand above this module.
///
/// A path that starts with ``shippedPrefix`` names a file that the lab ships, by its path below `scenarios/`.
public struct ScenarioFiles: Sendable {
  public static let shippedPrefix = "shipped:"

  /// The bytes of a file; throws ``LabFailure`` of kind `notFound` where there is none.
  public var read: @Sendable (_ path: String) throws(LabFailure) -> [UInt8]
  /// A price book; nil means the shipped one. Throws as `read` does, or `invalidInput` with the book's own problems.
  public var prices: @Sendable (_ path: String?) throws(LabFailure) -> PriceBook

  public init(
    read: @escaping @Sendable (_ path: String) throws(LabFailure) -> [UInt8],
    prices: @escaping @Sendable (_ path: String?) throws(LabFailure) -> PriceBook
  ) {
    self.read = read
    self.prices = prices
  }

  /// A path as written in a file, seen from that file's folder: shipped files name shipped ones.
  public static func resolve(_ path: String, namedBy file: String) -> String {
    if path.hasPrefix(shippedPrefix) || Path.isAbsolute(path) { return path }
    if file.hasPrefix(shippedPrefix) {
      let folder = Path.folder(of: String(file.dropFirst(shippedPrefix.count)))
      return shippedPrefix + Path.normalised(Path.joined(folder, path))
    }
    return Path.normalised(Path.joined(Path.folder(of: file), path))
  }

  /// Opens what a file names: beside that file first, then among the shipped files.
  ///
  /// - Returns: the content and the path that it was found under.
  static func open<Content>(
    _ path: String, namedBy file: String, _ read: (String) throws(LabFailure) -> Content
  ) throws(LabFailure) -> (content: Content, path: String) {
    let beside = resolve(path, namedBy: file)
    do throws(LabFailure) {
      return (try read(beside), beside)
    } catch {
      guard error.kind == .notFound, !beside.hasPrefix(shippedPrefix), !Path.isAbsolute(path) else { throw error }
      let shipped = shippedPrefix + Path.normalised(path)
      do throws(LabFailure) { return (try read(shipped), shipped) } catch let second {
        // The place beside the file is the one that a person expects to read about, unless the shipped file is broken.
        throw second.kind == .notFound ? error : second
      }
    }
  }
}
