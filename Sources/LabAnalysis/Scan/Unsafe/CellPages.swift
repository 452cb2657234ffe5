/// A large array of cells in pages of one size: as large as the blocks in which a pass puts cells away
/// (``HourCellStore``), so that the memory of blocks that have been dealt out serves the next pages.
///
/// Invariant: every page holds ``pageSize`` elements from its first moment to its last, and is freed by the owner that the
/// value keeps. Pages are written only while they are made (``init(count:_:_:)``, ``map(_:)``), by one thread, before anyone has
/// a copy of the value.
@safe struct CellPages<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, @unchecked Sendable {
  /// Elements in a page, and the bits of a place that tell where in a page it is.
  private static var pageBits: Int { 9 }
  static var pageSize: Int { 1 << pageBits }

  private typealias Page = UnsafeMutablePointer<Element>
  private var pages: ContiguousArray<Page> = unsafe []
  /// What frees them.
  private var owners: [Owner] = []

  /// Frees pages when nothing refers to them any more.
  @safe private final class Owner: @unchecked Sendable {
    private let pages: ContiguousArray<Page>

    init(_ pages: ContiguousArray<Page>) { unsafe self.pages = unsafe pages }

    deinit { unsafe pages.forEach { unsafe $0.deallocate() } }
  }

  var startIndex: Int { 0 }
  var endIndex: Int { unsafe pages.count << Self.pageBits }

  init() {}

  /// Pages that hold at least `count` elements, all `filler` before `fill` writes them.
  init(count: Int, _ filler: Element, _ fill: (_ pages: inout Room) -> Void) {
    var room = Room(filler, count: count)
    fill(&room)
    unsafe (pages, owners) = unsafe (room.pages, [Owner(room.pages)])
  }

  /// Pages while they are made.
  @safe struct Room: ~Copyable {
    fileprivate var pages: ContiguousArray<UnsafeMutablePointer<Element>> = unsafe []

    fileprivate init(_ filler: Element, count: Int) {
      let needed = (count + CellPages.pageSize - 1) >> CellPages.pageBits
      unsafe pages.reserveCapacity(needed)
      for _ in 0..<needed {
        let page = UnsafeMutablePointer<Element>.allocate(capacity: CellPages.pageSize)
        unsafe page.initialize(repeating: filler, count: CellPages.pageSize)
        unsafe pages.append(page)
      }
    }

    subscript(place: Int) -> Element {
      @inline(__always) get { unsafe pages[place &>> CellPages.pageBits][place & (CellPages.pageSize &- 1)] }
      @inline(__always) nonmutating set {
        unsafe pages[place &>> CellPages.pageBits][place & (CellPages.pageSize &- 1)] = newValue
      }
    }
  }

  subscript(place: Int) -> Element {
    @inline(__always) get { unsafe pages[place &>> Self.pageBits][place & (Self.pageSize &- 1)] }
  }

  /// Takes in the pages of others behind one's own.
  mutating func append(_ others: CellPages) {
    unsafe pages += others.pages
    owners += others.owners
  }

  /// What `value` makes of each element, in its place.
  func map<Other: BitwiseCopyable & Sendable>(_ value: (Element) -> Other) -> CellPages<Other> {
    guard !isEmpty else { return CellPages<Other>() }
    return CellPages<Other>(count: count, value(self[0])) { room in
      for place in 0..<count { room[place] = value(self[place]) }
    }
  }
}
