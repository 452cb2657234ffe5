extension PageFiles { static let contents: [(name: String, text: StaticString)] = [] }
