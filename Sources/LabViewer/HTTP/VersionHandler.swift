import NIOCore
import NIOHTTP1

/// Says to the handlers after it, which know no versions of HTTP, whether a connection ends with a request's answer.
///
/// A request after which the connection closes, in whichever words, carries exactly `Connection: close` from here on. A client
/// of HTTP/1.0 gets its answer in that version, so without chunks, and the end of the connection is the end of the answer.
final class VersionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private var isOld = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data) else {
      context.fireChannelRead(data)
      return
    }
    if (head.version.major, head.version.minor) < (1, 1) {
      isOld = true
      // What the version doesn't know isn't expected.
      head.headers.remove(name: "expect")
    }
    if isOld || !head.isKeepAlive { head.headers.replaceOrAdd(name: "connection", value: "close") }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    guard isOld, case .head(var head) = unwrapOutboundIn(data) else {
      context.write(data, promise: promise)
      return
    }
    head.version = .http1_0
    context.write(wrapOutboundOut(.head(head)), promise: promise)
  }
}

@available(*, unavailable)
extension VersionHandler: Sendable {}
