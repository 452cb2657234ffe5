// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// Whether release builds may use the vector instructions of processors since 2013 (x86-64-v3): they do where the machine
/// that builds has them. `LAB_PORTABLE=1` asks for a program that runs on any.
let hasAVX2: Bool = {
  #if arch(x86_64)
    guard ProcessInfo.processInfo.environment["LAB_PORTABLE"] == nil,
      let facts = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
      let flags = facts.split(separator: "\n").first(where: { $0.hasPrefix("flags") })
    else { return false }
    let known = Set(flags.split(separator: " "))
    return ["avx2", "bmi1", "bmi2", "fma", "f16c", "movbe", "abm"].allSatisfy { known.contains(Substring($0)) }
  #else
    return false
  #endif
}()
let processor: [SwiftSetting] =
  hasAVX2
  ? [
    .unsafeFlags(["-Xcc", "-march=x86-64-v3"], .when(configuration: .release)),
    .define("LAB_AVX2", .when(configuration: .release)),
  ] : []

/// Settings that every Swift target shares: warnings are errors, memory safety is strict.
let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
  ] + processor

/// A library target of the lab; `imports` are the only modules below it that it may name.
func module(_ name: String, imports: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: imports, swiftSettings: strict)
}

/// The tests that mirror one module; `fixtures` are folders of files that tests read and the build leaves alone.
func tests(_ name: String, imports: [Target.Dependency], fixtures: [String] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name), "LabTestSupport"] + imports, exclude: fixtures,
    swiftSettings: strict)
}

let package = Package(
  name: "finops-lab",
  products: [
    .executable(name: "finops-lab", targets: ["finops-lab"]),
    // What measurements in Benchmarks/ use.
    .library(
      name: "LabPipeline",
      targets: ["LabPipeline", "LabAnalysis", "LabTable", "LabPrices", "LabFiles", "LabCore"]),
    .library(name: "CStartup", targets: ["CStartup"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    // Without the traits it needs neither swift-configuration nor the whole of Foundation.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
  ],
  targets: [
    // Ground
    // A hint to the processor that Swift has no word for.
    .target(name: "CPrefetch"),
    module("LabCore", imports: ["CPrefetch"]),
    module("LabFiles", imports: ["LabCore"]),
    module("LabJSON", imports: ["LabCore"]),
    // Values
    module("LabReport", imports: ["LabCore"]),
    module("LabTable", imports: ["LabCore", "LabFiles", "LabJSON"]),
    module("LabPrices", imports: ["LabCore", "LabFiles", "LabJSON"]),
    module("LabScenario", imports: ["LabCore", "LabFiles", "LabJSON", "LabPrices"]),
    // Engines
    .target(
      name: "LabRendering", dependencies: ["LabCore", "LabJSON", "LabReport"], swiftSettings: strict,
      plugins: ["EmbedShippedFiles"]),
    module("LabAnalysis", imports: ["LabCore", "LabJSON", "LabTable", "LabPrices", "LabReport"]),
    module(
      "LabSimulation",
      imports: ["LabCore", "LabFiles", "LabJSON", "LabScenario", "LabPrices", "LabTable"]),
    // Use cases
    .target(
      name: "LabPipeline",
      dependencies: [
        "LabCore", "LabFiles", "LabJSON", "LabScenario", "LabPrices", "LabTable", "LabReport",
        "LabRendering", "LabAnalysis", "LabSimulation",
      ],
      swiftSettings: strict, plugins: ["EmbedShippedFiles"]),
    // Before a program starts: whether the processor has what the build asks for, and how memory is kept.
    .target(
      name: "CStartup",
      cSettings: hasAVX2 ? [.define("LAB_NEEDS_AVX2", to: "1", .when(configuration: .release))] : []),
    // The interactive session, on top of libedit
    .target(name: "CLibEdit", linkerSettings: [.linkedLibrary("edit")]),
    module(
      "LabSession",
      imports: [
        "CLibEdit", "LabPipeline", "LabCore", "LabFiles", "LabJSON", "LabScenario", "LabPrices", "LabTable",
        "LabReport",
        "LabRendering", "LabAnalysis", "LabSimulation",
      ]),
    // What the build itself runs: shipped scenarios and the reports' assets become part of the binary.
    .executableTarget(name: "EmbedFiles", dependencies: ["LabCore", "LabFiles"], swiftSettings: strict),
    .plugin(
      name: "EmbedShippedFiles", capability: .buildTool(), dependencies: ["EmbedFiles"],
      path: "Sources/EmbedShippedFiles"),
    .target(
      name: "LabViewer",
      dependencies: [
        "LabPipeline", "LabCore", "LabFiles", "LabJSON", "LabScenario", "LabTable", "LabReport", "LabRendering",
        "LabAnalysis",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      exclude: ["Page"], swiftSettings: strict, plugins: ["EmbedShippedFiles"]),
    // Edge
    .executableTarget(
      name: "finops-lab",
      dependencies: [
        "CStartup", "LabSession", "LabViewer", "LabPipeline", "LabCore", "LabFiles", "LabJSON", "LabScenario",
        "LabPrices",
        "LabTable", "LabReport",
        "LabRendering", "LabAnalysis", "LabSimulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // Tests
    .target(
      name: "LabTestSupport", dependencies: ["LabCore", "LabReport"], path: "Tests/LabTestSupport",
      swiftSettings: strict),
    tests("LabCore", imports: []),
    tests("LabFiles", imports: ["LabCore"]),
    tests("LabJSON", imports: ["LabCore"]),
    tests("LabReport", imports: ["LabCore"]),
    tests("LabTable", imports: ["LabCore", "LabFiles", "LabJSON"]),
    tests("LabPrices", imports: ["LabCore", "LabFiles", "LabJSON"], fixtures: ["Fixtures"]),
    tests("LabScenario", imports: ["LabCore", "LabFiles", "LabJSON", "LabPrices"]),
    tests("LabRendering", imports: ["LabCore", "LabJSON", "LabReport"]),
    tests("LabAnalysis", imports: ["LabCore", "LabJSON", "LabTable", "LabPrices", "LabReport"]),
    tests(
      "LabSimulation",
      imports: ["LabCore", "LabFiles", "LabJSON", "LabScenario", "LabPrices", "LabTable"]),
    tests(
      "LabPipeline",
      imports: [
        "LabCore", "LabFiles", "LabJSON", "LabScenario", "LabPrices", "LabTable", "LabReport",
        "LabRendering", "LabAnalysis", "LabSimulation",
      ]),
    tests(
      "LabViewer",
      imports: ["LabPipeline", "LabCore", "LabFiles", "LabJSON", "LabTable", "LabReport", "LabAnalysis"]),
    .testTarget(
      name: "BrowserTests", dependencies: ["LabTestSupport", "LabCore", "LabJSON", "LabReport", "LabRendering"],
      exclude: ["audit.py", "viewer.py"], swiftSettings: strict),
    tests("LabSession", imports: ["LabPipeline", "LabCore"]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["LabTestSupport", "LabCore", "LabJSON"], swiftSettings: strict),
  ]
)
