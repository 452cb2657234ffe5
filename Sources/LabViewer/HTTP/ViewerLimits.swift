import LabCore

/// What a client may ask for at most, so that a broken or hostile one can't keep the others waiting.
public struct ViewerLimits: Sendable {
  /// Bytes of a request's line and header together, and the number of its fields; more is answered with 431. Browsers send
  /// about 1 kB.
  public var headerBytes = 16 << 10
  public var headerFields = 64
  /// Bytes of a body, of which the viewer needs none; more is answered with 413.
  public var bodyBytes = 64 << 10
  /// Open connections; beyond them the oldest that isn't being answered is closed.
  public var connections = 1024
  /// Event streams, one per open page; beyond them 503.
  public var eventStreams = 256
  /// Seconds from a connection's start to its first complete header, from a header to the end of its body, between two
  /// requests, and for which a client may take nothing of an answer.
  public var headerSeconds: Int64 = 10
  public var bodySeconds: Int64 = 10
  public var idleSeconds: Int64 = 30
  public var stallSeconds: Int64 = 20
  /// Seconds between two signs of life on an event stream.
  public var heartbeatSeconds = 15.0
  /// Analyzers that run at once, jobs that wait, and how long one analyzer may take.
  public var analyzersAtOnce = 5
  public var queuedJobs = 100
  public var analyzerTime = TimeSpan.minutes(5)
  /// Finished jobs that the status still shows.
  public var keptJobs = 40

  public init() {}
}
