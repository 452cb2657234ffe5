import Glibc
import Hummingbird
import HummingbirdCore
import LabCore
import LabPipeline
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// The local viewer: serves the reports and live state of a folder of usage data on 127.0.0.1, beside whatever else the
/// process does.
///
///     let viewer = try ViewerServer(.init(folder: "."), environment)
///     try viewer.start()
///     print(viewer.url)
///     …
///     viewer.stop()
public final class ViewerServer: Sendable {
  public struct Options: Sendable {
    /// A folder with `data/` in it, or that of the data itself.
    public var folder: String
    public var port: Int
    /// Whether a person chose the port: then a busy one is an error, and not a reason to take the next.
    public var isPortFixed: Bool
    public var limits = ViewerLimits()
    /// The scenario and the price book that a person named for all data files; nil for what stands beside each.
    public var scenario: String?
    public var prices: String?

    public init(folder: String, port: Int = Options.defaultPort, isPortFixed: Bool = false) {
      self.folder = folder
      self.port = port
      self.isPortFixed = isPortFixed
    }

    public static let defaultPort = 8000
  }

  private struct State {
    var port: Int?
    var failure: (any Error)?
    var hasEnded = false
    var task: Task<Void, Never>?
  }

  /// How many ports after a busy one are tried.
  private static let portsTried = 50
  /// The descriptors that all limits together need, with room for files.
  private static let descriptors: UInt = 8192

  private let options: Options
  let core: ViewerCore
  let registry: ConnectionRegistry
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let state = Mutex(State())
  private let isBeating = Atomic(true)

  /// - Throws: ``LabFailure`` of kind `notFound` when the folder isn't there.
  public convenience init(_ options: Options, _ environment: LabEnvironment) throws(LabFailure) {
    try self.init(
      options, environment,
      writeReport: { environment, outcome, folder throws(LabFailure) in
        var request = ReportRequest(outcome, folder: folder)
        request.stamp = environment.now()
        _ = try environment.writeReport(request)
      })
  }

  init(
    _ options: Options, _ environment: LabEnvironment, writeReport: @escaping ViewerCore.ReportWriting
  ) throws(LabFailure) {
    self.options = options
    registry = ConnectionRegistry(limit: options.limits.connections)
    core = try ViewerCore(
      folder: options.folder, environment: environment, limits: options.limits, scenario: options.scenario,
      prices: options.prices, writeReport: writeReport)
  }

  /// The port that it listens on; nil before ``start()``.
  public var port: Int? { state.withLock { $0.port } }

  /// The address of the page, for a person to open.
  public var url: String { "http://127.0.0.1:\(port ?? options.port)/" }

  /// Makes a data file of the folder the one that is shown.
  public func show(file name: String) { core.choose(name) }

  /// Starts to listen; returns when the page can be opened.
  ///
  /// - Throws: ``LabFailure`` of kind `unavailable` when the port is busy or can't be had.
  public func start() throws(LabFailure) {
    DescriptorLimit.raise(to: Self.descriptors)
    // The first request finds a status.
    var first = FileFollower(folders: core.folders)
    core.beat(&first)
    let ports =
      options.isPortFixed || options.port == 0
      ? [options.port] : Array(options.port..<min(options.port + Self.portsTried, 65_536))
    for port in ports {
      switch listen(on: port) {
      case nil:
        startBeat()
        return
      case let error? where Self.isBusy(error): continue
      case let error?:
        throw LabFailure(
          .unavailable, code: "cannot_listen", "can't listen on port \(port): \(Self.reason(error))")
      }
    }
    throw LabFailure(
      .unavailable, code: "port_busy", "port \(options.port) is busy",
      help: options.isPortFixed ? "choose another with --port" : "so are the ones after it; choose one with --port")
  }

  /// Tries a port; nil when it is listened on.
  private func listen(on port: Int) -> (any Error)? {
    state.withLock { $0 = State() }
    let task = Task.detached(executorPreference: LoopExecutor(group.next())) { [self] in
      do { try await serve(port: port) } catch { state.withLock { $0.failure = error } }
      state.withLock { $0.hasEnded = true }
    }
    state.withLock { $0.task = task }
    while true {
      let (bound, failure, hasEnded) = state.withLock { ($0.port, $0.failure, $0.hasEnded) }
      if bound != nil { return nil }
      if hasEnded { return failure ?? CancellationError() }
      usleep(1000)
    }
  }

  private func serve(port: Int) async throws {
    // The check of the host needs the port that was really taken.
    let responder = BoundResponder(core: core)
    let registry = registry
    let limits = options.limits
    let application = Application(
      responder: responder,
      server: HTTPServerBuilder { ViewerChannel(responder: $0, limits: limits, registry: registry) },
      configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: port), serverName: nil),
      onServerRunning: { [self] channel in
        let bound = channel.localAddress?.port ?? port
        responder.bind(port: bound)
        state.withLock { $0.port = bound }
      },
      eventLoopGroupProvider: .shared(group),
      logger: Logger(label: "viewer", factory: { _ in SwiftLogNoOpLogHandler() }))
    try await application.run()
  }

  private static func isBusy(_ error: any Error) -> Bool { (error as? IOError)?.errnoCode == EADDRINUSE }

  private static func reason(_ error: any Error) -> String {
    guard let number = (error as? IOError)?.errnoCode else { return "the server did not start" }
    return number == EACCES ? "it is reserved for the system" : "error \(number)"
  }

  /// The thread of the monitor and the status.
  private func startBeat() {
    let (core, limits) = (core, options.limits)
    BackgroundThread.start { [self] in
      var follower = FileFollower(folders: core.folders)
      var sinceSign = 0.0
      while isBeating.load(ordering: .relaxed) {
        core.beat(&follower)
        if sinceSign >= limits.heartbeatSeconds {
          core.hub.send(EventHub.heartbeat)
          sinceSign = 0
        }
        usleep(100_000)
        sinceSign += 0.1
      }
    }
  }

  /// Ends it: running analyzers get `grace` seconds, simulations stop at once with a valid part, then the server closes.
  ///
  /// - Returns: whether all work ended.
  @discardableResult
  public func stop(grace: Double = 30) -> Bool {
    let isDone = core.finish(grace: grace)
    // The last word goes out before the connections close.
    usleep(200_000)
    isBeating.store(false, ordering: .relaxed)
    core.hub.close()
    let task = state.withLock { $0.task }
    task?.cancel()
    var left = 5.0
    while left > 0, !state.withLock({ $0.hasEnded }) {
      usleep(10_000)
      left -= 0.01
    }
    group.shutdownGracefully { _ in }
    return isDone
  }
}

/// A responder whose port is known only once the server listens.
private final class BoundResponder: HTTPResponder {
  typealias Context = ViewerContext

  private let core: ViewerCore
  private let bound = Mutex<ViewerResponder?>(nil)

  init(core: ViewerCore) { self.core = core }

  func bind(port: Int) {
    bound.withLock { $0 = ViewerResponder(core: core, check: RequestCheck(port: port)) }
  }

  func respond(to request: Request, context: ViewerContext) async throws -> Response {
    guard let responder = bound.withLock({ $0 }) else {
      return Answer.error(.serviceUnavailable, "the viewer is starting").response(isHead: false)
    }
    return try await responder.respond(to: request, context: context)
  }
}
