#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Asks the system to back memory with large pages.
///
/// Invariant: the room is the caller's own; what lies on its first and last pages beside it is left alone. A wish changes no
/// content, and a system that grants none loses nothing but time.
public enum LargePages {
  private static let size: UInt = 2 << 20

  /// Room of many megabytes that is written all over: a page of two megabytes is one fault and one place in the processor's
  /// table of pages instead of 512.
  public static func prefer(_ room: UnsafeMutableRawBufferPointer) {
    #if os(Linux)
      guard let base = room.baseAddress else { return }
      let start = UInt(bitPattern: base).addingReportingOverflow(size - 1)
      let end = (UInt(bitPattern: base) + UInt(room.count)) & ~(size - 1)
      let first = start.partialValue & ~(size - 1)
      guard !start.overflow, first < end else { return }
      _ = unsafe madvise(UnsafeMutableRawPointer(bitPattern: first), Int(end - first), MADV_HUGEPAGE)
    #endif
  }
}
