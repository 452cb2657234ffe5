import LabCore
import LabPrices
import LabTestSupport
import Testing

struct ShippedBooksTests {
  private func shipped(_ name: String) throws -> PriceBook {
    try PriceBook.read(bytes: PackageRoot.bytes(of: "scenarios/prices/" + name), name: name)
  }

  @Test func `the current book has seven providers and at least thirty models, all with a class`() throws {
    let book = try shipped("2026-11.json")
    #expect(book.providerIDs == ["anthropic", "aws-bedrock", "azure", "cohere", "google", "mistral", "openai"])
    #expect(book.models.count >= 30)
    #expect(book.modelClasses == ["balanced", "efficient", "frontier"])
    #expect(book.models.allSatisfy { $0.modelClass != nil })
    #expect(book.asOf == CivilDate(year: 2026, month: 11, day: 20))
    #expect(book.source?.contains("LiteLLM") == true)
  }

  @Test func `each provider of the current book has a model of every class`() throws {
    let book = try shipped("2026-11.json")
    for provider in book.providerIDs {
      #expect(Set(book.models.filter { $0.provider == provider }.compactMap(\.modelClass)).count == 3, "\(provider)")
    }
  }

  @Test func `the current book has no example offers, so that no commitment saving is made up`() throws {
    let book = try shipped("2026-11.json")
    #expect(book.commitments.isEmpty)
    #expect(book.volumeTiers.isEmpty)
    #expect(book.providers.isEmpty)
  }

  @Test(arguments: [
    ("openai", "gpt-4", "0.03", "0.06"), ("openai", "gpt-4-turbo", "0.01", "0.03"),
    ("openai", "gpt-4o", "0.005", "0.015"),
    ("openai", "gpt-4o-mini", "0.00015", "0.0006"), ("openai", "gpt-3.5-turbo", "0.0005", "0.0015"),
    ("anthropic", "claude-opus-4", "0.015", "0.075"), ("anthropic", "claude-sonnet-4", "0.003", "0.015"),
    ("anthropic", "claude-3.5-sonnet", "0.003", "0.015"), ("anthropic", "claude-haiku-4", "0.0008", "0.004"),
    ("google", "gemini-pro", "0.00125", "0.00375"), ("google", "gemini-1.5-pro", "0.00125", "0.005"),
    ("google", "gemini-1.5-flash", "0.000075", "0.0003"), ("aws-bedrock", "bedrock-claude-opus", "0.015", "0.075"),
    ("aws-bedrock", "bedrock-claude-sonnet", "0.003", "0.015"),
    ("aws-bedrock", "bedrock-claude-haiku", "0.0008", "0.004"),
    ("azure", "azure-gpt-4", "0.03", "0.06"), ("azure", "azure-gpt-4-turbo", "0.01", "0.03"),
    ("azure", "azure-gpt-35-turbo", "0.0005", "0.0015"), ("mistral", "mistral-large", "0.004", "0.012"),
    ("mistral", "mistral-medium", "0.00275", "0.0081"), ("cohere", "command-r-plus", "0.003", "0.015"),
    ("cohere", "command-r", "0.0005", "0.0015"),
  ]) func `the classic book has the older list`(provider: String, model: String, input: String, output: String) throws {
    let book = try shipped("classic.json")
    #expect(book.models.count == 22)
    let index = try #require(book.index(provider: provider, model: model))
    // The listed prices are for 1,000 tokens.
    #expect(book.cost(of: TokenUsage(input: 1000, output: 0), model: index, at: anyTime) == Money(input))
    #expect(book.cost(of: TokenUsage(input: 0, output: 1000), model: index, at: anyTime) == Money(output))
  }
}
