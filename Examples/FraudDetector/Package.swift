// swift-tools-version: 6.2

import PackageDescription

let package = Package(
  name: "fraud-detector",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "plumbline", path: "../.."),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
  ],
  targets: [
    .executableTarget(
      name: "FraudDetector",
      dependencies: [
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Telemetry", package: "plumbline"),
      ])
  ]
)
