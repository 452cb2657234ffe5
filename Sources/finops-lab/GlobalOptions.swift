import ArgumentParser

/// The flags that every command knows.
struct GlobalOptions: ParsableArguments {
  enum Color: String, ExpressibleByArgument, CaseIterable { case auto, always, never }

  @Flag(name: [.short, .long], help: "Print results and errors only.")
  var quiet = false

  @Flag(name: [.short, .long], help: "Say more about what is done.")
  var verbose = false

  @Option(help: ArgumentHelp("When to use colour; NO_COLOR and CLICOLOR_FORCE are honoured.", valueName: "when"))
  var color = Color.auto

  @Flag(help: "Use ASCII characters alone.")
  var ascii = false

  @Option(
    help: ArgumentHelp(
      "The width of tables in columns (40 to 1000); by default the terminal's, or 80.", valueName: "columns"))
  var width: Int?

  @Flag(help: "Show no progress bar.")
  var noProgress = false

  func validate() throws {
    if let width, !(40...1000).contains(width) { throw ValidationError("--width must be 40 to 1000, found \(width).") }
    if quiet, verbose { throw ValidationError("--quiet and --verbose exclude each other.") }
  }
}
