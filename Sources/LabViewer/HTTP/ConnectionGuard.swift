import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Watches one connection: every phase of a request has its time, and what is no proper request gets an answer that says so.
///
/// The phases: waiting for a header, waiting for the end of a body, answering. In each the connection is closed when its
/// time is up; while an answer goes out, only when the client takes nothing of it. A request goes on to be answered when its
/// body has ended, so a body that is damaged, cut short, late or too large can still be refused. No request needs its body,
/// which therefore is counted and dropped. It lives on the channel's event loop.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum Phase {
    case awaitingHead, awaitingEnd, answering
    /// The last answer is written; the client has yet to take it.
    case finishing
    /// The client has been sent everything, and gets a moment to read it.
    case closing
  }

  private let limits: ViewerLimits
  private let registry: ConnectionRegistry
  private var phase = Phase.awaitingHead
  /// The request whose body hasn't ended, and the bytes of it that came.
  private var waiting: HTTPRequest?
  private var bodySize = 0
  /// Requests that were read and not answered yet: clients may send several at once.
  private var open = 0
  /// Whether nothing is read after the requests that are open, because the last of them said so.
  private var isLastRequest = false
  /// What is said after the open requests' answers, and then the connection closes.
  private var refusal: Answer?
  private var isStream = false
  private var closesAfterAnswer = false
  private var isInputClosed = false
  private var timer: Scheduled<Void>?

  init(limits: ViewerLimits, registry: ConnectionRegistry) {
    self.limits = limits
    self.registry = registry
  }

  private var isOver: Bool { phase == .finishing || phase == .closing }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    end(context)
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end(context) }

  private func begin(_ context: ChannelHandlerContext) {
    guard timer == nil else { return }
    registry.add(context.channel)
    startTimer(context, seconds: limits.headerSeconds)
  }

  private func end(_ context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
    registry.remove(context.channel)
  }

  // MARK: What comes in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isOver, !isLastRequest, refusal == nil else { return }
    switch unwrapInboundIn(data) {
    case .head(let head): begin(head, context)
    case .body(let bytes):
      bodySize += bytes.readableBytes
      if bodySize > limits.bodyBytes { refuse(Self.tooLarge, context) }
    case .end:
      guard let head = waiting else { return }
      waiting = nil
      open += 1
      isLastRequest = head.headerFields[.connection] == "close"
      answer(context)
      context.fireChannelRead(wrapInboundOut(.head(head)))
      context.fireChannelRead(data)
    }
  }

  private func begin(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
    waiting = head
    bodySize = 0
    phase = .awaitingEnd
    registry.mark(context.channel, isAnswering: open > 0)
    startTimer(context, milliseconds: limits.bodySeconds * 1000) { [self] in
      refuse(.error(.requestTimeout, "the request's body took too long"), context)
    }
    // A length that is no number of ours is one beyond all limits: the parser has let nothing else pass.
    let declared = head.headerFields[.contentLength].map { Int($0) ?? .max } ?? 0
    if declared > limits.bodyBytes {
      refuse(Self.tooLarge, context)
    } else if open == 0, head.headerFields[.expect]?.lowercased() == "100-continue" {
      context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }
  }

  private func answer(_ context: ChannelHandlerContext) {
    phase = .answering
    registry.mark(context.channel, isAnswering: true)
    timer?.cancel()
    timer = nil
    if !context.channel.isWritable { startTimer(context, seconds: limits.stallSeconds) }
  }

  private func rest(_ context: ChannelHandlerContext) {
    phase = .awaitingHead
    registry.mark(context.channel, isAnswering: false)
    startTimer(context, seconds: limits.idleSeconds)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event {
      isInputClosed = true
      if phase == .awaitingEnd { refuse(Self.damaged, context) }
      // Whoever stops sending while a stream of events comes has left.
      if isStream || phase == .closing {
        context.close(promise: nil)
        return
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !isOver, !isLastRequest else { return }
    // What isn't the parser's is the connection's: nobody is there any more.
    guard error is HTTPParserError || open == 0 else {
      context.close(promise: nil)
      return
    }
    if case HTTPParserError.headerOverflow = error {
      refuse(.error(.requestHeaderFieldsTooLarge, "the request's header is too large"), context)
    } else {
      refuse(Self.damaged, context)
    }
  }

  // MARK: What goes out

  private static let damaged = Answer.error(.badRequest, "the request is no valid HTTP")
  private static let tooLarge = Answer.error(.contentTooLarge, "the request's body is too large")

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard !isOver else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(var head):
      isStream = head.headerFields[.contentType] == Answer.eventStream
      if isLastRequest, open == 1 { head.headerFields[.connection] = "close" }
      closesAfterAnswer = head.headerFields[.connection] == "close"
      context.write(wrapOutboundOut(.head(head)), promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      isStream = false
      open = max(0, open - 1)
      if closesAfterAnswer {
        finish(with: data, promise, context)
        return
      }
      context.write(data, promise: promise)
      if open == 0, let refusal {
        say(refusal, context)
      } else if open == 0, phase == .answering {
        rest(context)
      }
    }
  }

  /// Answers what is no request, after the requests before it, and closes the connection: where the next one would begin is
  /// unknown.
  private func refuse(_ answer: Answer, _ context: ChannelHandlerContext) {
    guard !isOver, refusal == nil else { return }
    waiting = nil
    if isStream {
      // It has no end to wait for.
      context.close(promise: nil)
    } else if open > 0 {
      refusal = answer
      self.answer(context)
    } else {
      say(answer, context)
    }
  }

  private func say(_ refusal: Answer, _ context: ChannelHandlerContext) {
    var fields = refusal.fields(withLength: true)
    fields[.connection] = "close"
    context.write(
      wrapOutboundOut(.head(HTTPResponse(status: refusal.status, headerFields: fields))), promise: nil)
    context.write(wrapOutboundOut(.body(refusal.body)), promise: nil)
    finish(with: wrapOutboundOut(HTTPResponsePart.end(nil)), nil, context)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if phase == .answering || phase == .finishing {
      timer?.cancel()
      timer = nil
      if !context.channel.isWritable || phase == .finishing { startTimer(context, seconds: limits.stallSeconds) }
    }
    context.fireChannelWritabilityChanged()
  }

  /// Writes the end of the last answer; when the client has been sent all of it, the connection closes.
  private func finish(with end: NIOAny, _ promise: EventLoopPromise<Void>?, _ context: ChannelHandlerContext) {
    phase = .finishing
    startTimer(context, seconds: limits.stallSeconds)
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.cascade(to: promise)
    sent.futureResult.assumeIsolated().whenComplete { [self] _ in linger(context) }
    context.writeAndFlush(end, promise: sent)
  }

  /// Closes after a moment in which the client can read the answer: closing at once, with unread bytes of the client's, would
  /// reset the connection and lose it.
  private func linger(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    phase = .closing
    registry.mark(context.channel, isAnswering: false)
    if isInputClosed {
      context.close(promise: nil)
      return
    }
    context.close(mode: .output, promise: nil)
    startTimer(context, milliseconds: 500) { context.close(promise: nil) }
  }

  // MARK: Time

  private func startTimer(_ context: ChannelHandlerContext, seconds: Int64) {
    startTimer(context, milliseconds: seconds * 1000) { context.close(promise: nil) }
  }

  private func startTimer(
    _ context: ChannelHandlerContext, milliseconds: Int64, _ action: @escaping () -> Void
  ) {
    timer?.cancel()
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds), action)
  }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
