import Glibc

/// The number of files and connections that the process may have open.
///
/// Invariant: the structure is filled by the system before it is read.
enum DescriptorLimit {
  /// Raises the limit as far as the system allows, at most to `wanted`; returns what holds now.
  @discardableResult
  static func raise(to wanted: UInt) -> UInt {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
    guard limit.rlim_cur < wanted else { return UInt(limit.rlim_cur) }
    let former = limit.rlim_cur
    limit.rlim_cur = min(limit.rlim_max, rlim_t(wanted))
    return unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
      ? UInt(limit.rlim_cur) : UInt(former)
  }
}
