// swift-tools-version: 6.2
import PackageDescription

// Measurements of the lab's kernels: a package of its own, so that users never download it.
let package = Package(
  name: "finops-lab-benchmarks",
  dependencies: [.package(name: "finops-lab", path: "../")],
  targets: [
    .executableTarget(
      name: "lab-bench",
      dependencies: [
        .product(name: "CStartup", package: "finops-lab"), .product(name: "LabPipeline", package: "finops-lab"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
  ]
)
