// swift-tools-version: 6.2
import PackageDescription

/// Settings that every Swift target shares: warnings are errors, memory safety is strict.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

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
    .library(name: "LabPipeline", targets: ["LabPipeline"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // Ground
    module("LabCore", imports: []),
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
    // Edge
    .executableTarget(
      name: "finops-lab",
      dependencies: [
        "LabSession", "LabPipeline", "LabCore", "LabFiles", "LabJSON", "LabScenario", "LabPrices", "LabTable",
        "LabReport",
        "LabRendering", "LabAnalysis", "LabSimulation",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    // Tests
    .target(name: "LabTestSupport", dependencies: ["LabCore"], path: "Tests/LabTestSupport", swiftSettings: strict),
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
    tests("LabSession", imports: ["LabPipeline", "LabCore"]),
    .testTarget(
      name: "CommandLineTests", dependencies: ["LabTestSupport", "LabCore", "LabJSON"], swiftSettings: strict),
  ]
)
