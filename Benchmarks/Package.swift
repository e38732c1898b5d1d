// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "plumbline-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "plumbline", path: "..")],
  targets: [
    .executableTarget(
      name: "Alerts", dependencies: [.product(name: "Plumbline", package: "plumbline")]),
    .executableTarget(
      name: "DecodeFloor", dependencies: [.product(name: "Plumbline", package: "plumbline")]),
    .executableTarget(
      name: "Kernels", dependencies: [.product(name: "Plumbline", package: "plumbline")]),
    .executableTarget(
      name: "Instruments", dependencies: [.product(name: "Telemetry", package: "plumbline")]),
  ]
)
