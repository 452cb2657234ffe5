import LabCore
import LabFiles

extension LabEnvironment {
  /// The truth beside a data file. A file that can't be used is warned of and takes no part: it is no reason not to
  /// analyse.
  ///
  /// - Parameter bytes: the size of the data, which the record beside it must name, if there is one.
  func truth(beside data: String, bytes: Int64) -> Truth? {
    let path = UsageFilePaths(data: data).truth
    guard FileSystem.exists(path) else { return nil }
    if let record = RunRecord.beside(data), record.bytes != bytes { return nil }
    do throws(LabFailure) {
      let text: [UInt8]
      do throws(FileError) { text = try FileSystem.read(path, limit: 256 << 20) } catch { throw error.failure }
      return try Truth.read(text, name: path)
    } catch {
      note(
        Diagnostic(
          .warning, code: "truth_unusable",
          sentence: "detectors are not scored, since \(path) can't be used: "
            + (error.diagnostics.first?.sentence ?? "it can't be read")))
      return nil
    }
  }
}
