import HTTPTypes
import Hummingbird
import HummingbirdCore
import LabFiles
import NIOCore
import NIOPosix

/// What a request knows beside its head and body: the connection that it came by.
struct ViewerContext: InitializableFromSource {
  let channel: any Channel

  init(source: ApplicationRequestContextSource) { channel = source.channel }
}

/// Answers every request: first whether it may be, then what is at its path.
struct ViewerResponder: HTTPResponder {
  typealias Context = ViewerContext

  let core: ViewerCore
  let check: RequestCheck

  func respond(to request: Request, context: ViewerContext) async throws -> Response {
    let isHead = request.method == .head
    if let refusal = check.refusal(of: request.head) { return refusal.response(isHead: isHead) }
    let path = Self.path(of: request)
    if let action = Action(path: path) {
      guard request.method == .post else { return Self.wrongMethod("POST").response(isHead: isHead) }
      if let refusal = check.refusalOfWork(request.head) { return refusal.response(isHead: false) }
      return perform(action, request).response(isHead: false)
    }
    guard let page = page(at: path) else {
      return Self.nothing(at: path).response(isHead: isHead)
    }
    guard request.method == .get || isHead else { return Self.wrongMethod("GET, HEAD").response(isHead: false) }
    switch page {
    case .ready(let answer): return answer.response(isHead: isHead)
    case .file(let file): return await Self.response(with: file, at: path, isHead: isHead)
    case .events: return events(context.channel, isHead: isHead)
    }
  }

  /// The path as it was sent, without its query: nothing is decoded, so nothing can hide in it.
  private static func path(of request: Request) -> String {
    let target = request.head.path ?? "/"
    return String(target.prefix { $0 != "?" })
  }

  private static func wrongMethod(_ allowed: String) -> Answer {
    var answer = Answer.error(.methodNotAllowed, "this address takes \(allowed) only")
    answer.fields[.allow] = allowed
    return answer
  }

  /// A 404 for a program, or for a person.
  private static func nothing(at path: String) -> Answer {
    path.hasPrefix("/api/") || path.hasSuffix(".json")
      ? .error(.notFound, "there is nothing at this address")
      : .errorPage(.notFound, "There is nothing at this address, or nothing yet.")
  }

  // MARK: What is read

  private enum Page {
    case ready(Answer)
    case file(ReportShelf.File)
    case events
  }

  private func page(at path: String) -> Page? {
    switch path {
    case "/": return PageFiles.answer(for: "viewer.html").map { .ready($0) }
    case "/api/status": return .ready(Answer(type: Answer.json, body: core.status.bytes))
    case "/api/events": return .events
    default: break
    }
    if path.hasPrefix("/assets/"), let answer = PageFiles.answer(for: String(path.dropFirst("/assets/".count))) {
      return .ready(answer)
    }
    return core.shelf.file(at: path).map { .file($0) }
  }

  /// The file of a report, read in pieces on threads that may wait for the disk.
  private static func response(
    with file: ReportShelf.File, at path: String, isHead: Bool
  ) async -> Response {
    guard let open = try? await NIOThreadPool.singleton.runIfActive({ try OpenFile(file.path) }) else {
      return nothing(at: path).response(isHead: isHead)
    }
    var fields = Answer.safety
    fields[.contentType] = file.type
    fields[.contentLength] = String(open.size)
    let response = Response(
      status: .ok, headers: fields,
      body: ResponseBody(contentLength: Int(open.size)) { writer in
        var offset: Int64 = 0
        while offset < open.size {
          let start = offset
          let bytes = try await NIOThreadPool.singleton.runIfActive { try open.bytes(from: start) }
          guard !bytes.isEmpty else { throw FileError(.read, file.path, number: 0) }
          try await writer.write(ByteBuffer(bytes: bytes))
          offset += Int64(bytes.count)
        }
        try await writer.finish(nil)
      })
    return isHead ? response.createHeadResponse() : response
  }

  /// A file that is being sent; the folder may be exchanged meanwhile, this one stays.
  private final class OpenFile: Sendable {
    private static let piece: Int64 = 256 << 10
    private let handle: FileHandle
    let size: Int64

    init(_ path: String) throws {
      handle = try FileHandle.reading(path)
      size = try handle.status().size
    }

    func bytes(from offset: Int64) throws -> [UInt8] {
      var bytes: [UInt8] = []
      try handle.read(into: &bytes, count: Int(min(Self.piece, size - offset)), at: offset)
      return bytes
    }
  }

  private func events(_ channel: any Channel, isHead: Bool) -> Response {
    var fields = Answer.safety
    fields[.contentType] = Answer.eventStream
    if isHead { return Response(status: .ok, headers: fields) }
    guard let (id, events) = core.hub.subscribe() else {
      return Answer.error(.serviceUnavailable, "too many pages are open").response(isHead: false)
    }
    // However the page leaves, its stream ends.
    channel.closeFuture.whenComplete { [hub = core.hub] _ in hub.unsubscribe(id) }
    let greeting = core.status.greeting
    return Response(
      status: .ok, headers: fields,
      body: ResponseBody { [hub = core.hub] writer in
        defer { hub.unsubscribe(id) }
        try await writer.write(greeting)
        for await event in events { try await writer.write(event) }
        try await writer.finish(nil)
      })
  }

  // MARK: What is done

  private enum Action: String {
    case runAnalyzer = "/api/run-analyzer"
    case runAll = "/api/run-all"
    case simulate = "/api/simulate"
    case load = "/api/load"
    case cancel = "/api/cancel"

    init?(path: String) { self.init(rawValue: path) }

    /// The name of its one parameter.
    var parameter: String? {
      switch self {
      case .runAnalyzer, .cancel: "id"
      case .runAll: nil
      case .simulate: "scenario"
      case .load: "file"
      }
    }
  }

  private func perform(_ action: Action, _ request: Request) -> Answer {
    var value = ""
    if let parameter = action.parameter {
      guard let given = request.uri.queryParameters[Substring(parameter)], !given.isEmpty else {
        return .error(.badRequest, "the parameter '\(parameter)' is missing")
      }
      value = String(given)
    }
    let outcome =
      switch action {
      case .runAnalyzer: core.runAnalyzer(value)
      case .runAll: core.runAll()
      case .simulate: core.simulate(value)
      case .load: core.load(value)
      case .cancel: core.cancel(value)
      }
    return Self.answer(to: outcome)
  }

  private static func answer(to outcome: ViewerCore.Outcome) -> Answer {
    switch outcome {
    case .accepted(let jobs):
      let list = jobs.map { "\"\($0)\"" }.joined(separator: ",")
      return Answer(.accepted, type: Answer.json, body: ByteBuffer(string: "{\"jobs\":[\(list)]}"))
    case .unknown(let message): return .error(.notFound, message)
    case .conflict(let message): return .error(.conflict, message)
    case .full: return .error(.serviceUnavailable, "too many jobs are waiting")
    case .ending: return .error(.serviceUnavailable, "the viewer is ending")
    }
  }
}
