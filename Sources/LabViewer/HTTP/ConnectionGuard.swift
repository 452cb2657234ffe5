import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Watches one connection: every phase of a request has its time, and what the parser refuses gets an answer.
///
/// The phases: waiting for a header, waiting for the end of a body, answering. In each the connection is closed when its
/// time is up; while an answer goes out, only when the client takes nothing of it. It lives on the channel's event loop.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum Phase { case awaitingHead, awaitingEnd, answering, closing }

  private let limits: ViewerLimits
  private let registry: ConnectionRegistry
  private var phase = Phase.awaitingHead
  /// Requests that were read and not answered yet: clients may send several at once.
  private var open = 0
  private var isStream = false
  private var closesAfterAnswer = false
  private var hasAnswerStarted = false
  private var timer: Scheduled<Void>?

  init(limits: ViewerLimits, registry: ConnectionRegistry) {
    self.limits = limits
    self.registry = registry
  }

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

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase != .closing else { return }
    switch unwrapInboundIn(data) {
    case .head:
      open += 1
      phase = .awaitingEnd
      registry.mark(context.channel, isAnswering: open > 1)
      startTimer(context, seconds: limits.bodySeconds)
    case .body: break
    case .end:
      // An answer may be complete before the body is.
      if open == 0 { rest(context) } else { answer(context) }
    }
    context.fireChannelRead(data)
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

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard phase != .closing else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    switch unwrapOutboundIn(data) {
    case .head(let head):
      hasAnswerStarted = true
      isStream = head.headerFields[.contentType] == Answer.eventStream
      if head.headerFields[.connection] == "close" { closesAfterAnswer = true }
      context.write(data, promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      hasAnswerStarted = false
      isStream = false
      open = max(0, open - 1)
      if closesAfterAnswer {
        context.writeAndFlush(data, promise: promise)
        linger(context)
        return
      }
      if open == 0, phase == .answering { rest(context) }
      context.write(data, promise: promise)
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if phase == .answering {
      timer?.cancel()
      timer = nil
      if !context.channel.isWritable { startTimer(context, seconds: limits.stallSeconds) }
    }
    context.fireChannelWritabilityChanged()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    // Whoever stops sending while a stream of events comes has left.
    if case ChannelEvent.inputClosed = event, isStream || phase == .closing {
      context.close(promise: nil)
      return
    }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard phase != .closing else { return }
    guard !hasAnswerStarted, open == 0 || phase == .awaitingHead else {
      context.close(promise: nil)
      return
    }
    var answer = Answer.error(.badRequest, "the request is no valid HTTP")
    if case HTTPParserError.headerOverflow = error {
      answer = Answer.error(.requestHeaderFieldsTooLarge, "the request's header is too large")
    }
    answer.fields[.connection] = "close"
    context.write(
      wrapOutboundOut(
        .head(HTTPResponse(status: answer.status, headerFields: answer.fields(withLength: true)))), promise: nil)
    context.write(wrapOutboundOut(.body(answer.body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    linger(context)
  }

  /// Closes after a moment in which the client can read the answer: closing at once, with unread bytes of the client's, would
  /// reset the connection and lose it.
  private func linger(_ context: ChannelHandlerContext) {
    phase = .closing
    registry.mark(context.channel, isAnswering: false)
    context.close(mode: .output, promise: nil)
    startTimer(context, milliseconds: 500)
  }

  private func startTimer(_ context: ChannelHandlerContext, seconds: Int64) {
    startTimer(context, milliseconds: seconds * 1000)
  }

  private func startTimer(_ context: ChannelHandlerContext, milliseconds: Int64) {
    timer?.cancel()
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(milliseconds)) {
      context.close(promise: nil)
    }
  }
}

@available(*, unavailable)
extension ConnectionGuard: Sendable {}
