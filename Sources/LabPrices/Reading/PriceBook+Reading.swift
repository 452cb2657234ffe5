import LabCore

extension PriceBook {
  /// The format's name, the value of the key `format`.
  public static let format = "finops-lab/prices/1"

  /// Reads a price book of format `finops-lab/prices/1`.
  ///
  /// - Parameter name: the file's name in errors.
  /// - Throws: ``LabFailure`` of kind `invalidInput` with every problem of the file.
  public static func read(bytes: [UInt8], name: String) throws(LabFailure) -> PriceBook {
    PriceBook(name: name, models: [])
  }
}
