/// A large array of cells in pages of one size: as large as the blocks in which a pass puts cells away
/// (``HourCellStore``), so that the memory of blocks that have been dealt out serves the next pages.
struct CellPages<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, Sendable {
  /// Elements in a page, and the bits of a place that tell where in a page it is.
  private static var pageBits: Int { 9 }
  static var pageSize: Int { 1 << pageBits }

  /// All full.
  private var pages: ContiguousArray<ContiguousArray<Element>> = []

  var startIndex: Int { 0 }
  var endIndex: Int { pages.count << Self.pageBits }

  init() {}

  /// Pages that hold at least `count` elements.
  init(_ filler: Element, count: Int) {
    let needed = (count + Self.pageSize - 1) >> Self.pageBits
    pages.reserveCapacity(needed)
    for _ in 0..<needed { pages.append(ContiguousArray(repeating: filler, count: Self.pageSize)) }
  }

  subscript(place: Int) -> Element {
    @inline(__always) get { pages[place &>> Self.pageBits][place & (Self.pageSize &- 1)] }
    @inline(__always) set { pages[place &>> Self.pageBits][place & (Self.pageSize &- 1)] = newValue }
  }

  /// Takes in the pages of others behind one's own.
  mutating func append(_ others: CellPages) { pages += others.pages }

  /// What `value` makes of each element, in its place.
  func map<Other: BitwiseCopyable & Sendable>(_ value: (Element) -> Other) -> CellPages<Other> {
    var result = CellPages<Other>()
    result.pages = ContiguousArray(pages.map { page in ContiguousArray(page.map(value)) })
    return result
  }
}
