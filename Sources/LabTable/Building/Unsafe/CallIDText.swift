/// The hash that a table keeps of a call id, from the id's number.
///
/// Invariant: the text `call-` and 16 hexadecimal digits takes 21 bytes; stores of eight bytes end inside the 32 that are
/// there.
enum CallIDText {
  private static let length = 21

  /// The hash of the id as a file has it; 0 for none.
  @inline(__always) static func identifier(of number: UInt64) -> Int64 {
    if number == 0 { return 0 }
    return unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 32) { buffer in
      guard let start = buffer.baseAddress else { return 0 }
      unsafe DecimalDigits.store(UInt64(littleEndian: 0x2d6c_6c61_63), start)
      unsafe DecimalDigits.hexadecimal(number, start + 5)
      return unsafe TextDictionary.identifier(hash: FieldHash.of(UnsafePointer(start), length))
    }
  }
}
