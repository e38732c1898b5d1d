// swift-tools-version: 6.2

import Foundation
import PackageDescription

let settings: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "plumbline",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "plumbline", targets: ["plumbline"]),
    .library(name: "Plumbline", targets: ["Plumbline"]),
    .library(name: "Statistics", targets: ["Statistics"]),
    .library(name: "Telemetry", targets: ["Telemetry"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(
      url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .executableTarget(
      name: "plumbline", dependencies: ["PlumblineCLI"], path: "Sources/Executable",
      swiftSettings: settings),
    .target(
      name: "PlumblineCLI",
      dependencies: [
        "Alerting", "Columns", "DataSources", "Events", "Monitoring", "Outbound",
        "PlumblineServer", "Reporting", "Statistics", "Store", "Telemetry",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
      ], swiftSettings: settings),
    .target(
      name: "PlumblineServer",
      dependencies: [
        "Alerting", "Columns", "DataSources", "Events", "Monitoring", "Reporting", "Statistics",
        "Store", "Telemetry", .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "HummingbirdTLS", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOSSL", package: "swift-nio-ssl"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      resources: [
        .embedInCode("Dashboard/dashboard.css"), .embedInCode("Dashboard/dashboard.html"),
        .embedInCode("Dashboard/dashboard.js"), .embedInCode("OpenAPI/openapi.json"),
      ], swiftSettings: settings),
    .target(
      name: "Plumbline",
      dependencies: [
        "Alerting", "DataSources", "Monitoring", "Reporting", "Statistics", "Store", "Telemetry",
      ], swiftSettings: settings),
    .target(
      name: "Alerting",
      dependencies: [
        "DataSources", "Monitoring", "Outbound", "Statistics", "Store",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "Yams", package: "Yams"),
      ], swiftSettings: settings),
    .target(
      name: "Reporting",
      dependencies: [
        "Alerting", "Monitoring", "Statistics", "Store",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [
        .embedInCode("HTML/Template/column.mustache"),
        .embedInCode("HTML/Template/diagnosis.mustache"),
        .embedInCode("HTML/Template/experiment.mustache"),
        .embedInCode("HTML/Template/findings.mustache"),
        .embedInCode("HTML/Template/head.mustache"),
        .embedInCode("HTML/Template/performance.mustache"),
        .embedInCode("HTML/Template/quality.mustache"),
        .embedInCode("HTML/Template/report.css"),
        .embedInCode("HTML/Template/report.mustache"),
        .embedInCode("HTML/Template/understanding.mustache"),
      ],
      swiftSettings: settings),
    .target(
      name: "Store",
      dependencies: [
        "DataSources", "Monitoring", "Statistics", .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: settings),
    .target(
      name: "Events",
      dependencies: [
        "CSimdJSON", "Columns", "DataSources", "Monitoring",
        .product(name: "GRDB", package: "GRDB.swift"),
      ], swiftSettings: settings),
    .target(
      name: "Monitoring",
      dependencies: [
        "Columns", "DataSources", "Statistics", .product(name: "Yams", package: "Yams"),
      ], swiftSettings: settings),
    .target(
      name: "Telemetry",
      dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
      swiftSettings: settings),
    .target(
      name: "DataSources",
      dependencies: ["CADBC", "Columns", .product(name: "TOMLKit", package: "TOMLKit")],
      swiftSettings: settings),
    .target(name: "Columns", dependencies: ["CADBC"], swiftSettings: settings),
    .target(name: "Statistics", dependencies: ["CBoostMath"], swiftSettings: settings),
    .target(name: "Outbound", dependencies: ["CCurl", "DataSources"], swiftSettings: settings),
    .target(name: "CADBC"),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(
      name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]),
    .target(name: "CBoostMath", linkerSettings: [.linkedLibrary("m"), .linkedLibrary("stdc++")]),
    .target(
      name: "Support", dependencies: ["DataSources"], path: "Tests/Support",
      swiftSettings: settings),
    .target(
      name: "Simulation", dependencies: ["Monitoring", "Statistics"], path: "Tests/Simulation",
      swiftSettings: settings),
    .executableTarget(
      name: "diagnosis-accuracy", dependencies: ["Monitoring", "Simulation", "Statistics"],
      path: "Tests/DiagnosisAccuracy", swiftSettings: settings),
    .testTarget(
      name: "ColumnsTests", dependencies: ["CADBC", "Columns"], swiftSettings: settings),
    .testTarget(
      name: "AlertingTests",
      dependencies: [
        "Alerting", "DataSources", "Monitoring", "Outbound", "Statistics", "Store", "Support",
      ], resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(
      name: "EventsTests",
      dependencies: [
        "Columns", "DataSources", "Events", "Monitoring", "Support",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "LibraryTests", dependencies: ["Plumbline", "Support"], swiftSettings: settings),
    .testTarget(
      name: "DataSourcesTests", dependencies: ["Columns", "DataSources", "Support"],
      swiftSettings: settings),
    .testTarget(
      name: "MonitoringTests",
      dependencies: [
        "Alerting", "DataSources", "Monitoring", "Simulation", "Statistics", "Support",
      ],
      // Read from where they are by a script.
      exclude: ["Examples"], swiftSettings: settings),
    .testTarget(
      name: "ReportingTests", dependencies: ["Monitoring", "Reporting"], swiftSettings: settings),
    .testTarget(
      name: "StoreTests",
      dependencies: [
        "DataSources", "Monitoring", "Statistics", "Store", "Support",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "DoctorTests",
      dependencies: [
        "DataSources", "Monitoring", "Outbound", "PlumblineCLI", "Reporting", "Store", "Support",
        "Telemetry",
      ], swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "Columns", "DataSources", "Monitoring", "Statistics", "Store", "Support", "plumbline",
      ],
      resources: [.copy("Fixtures")], swiftSettings: settings),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "Alerting", "Events", "Monitoring", "PlumblineServer", "Statistics", "Store", "Support",
        "Telemetry",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ], swiftSettings: settings),
    .testTarget(
      name: "StatisticsTests", dependencies: ["Statistics"], resources: [.copy("Fixtures")],
      swiftSettings: settings),
    .testTarget(
      name: "TelemetryTests",
      dependencies: ["Telemetry", .product(name: "Metrics", package: "swift-metrics")],
      swiftSettings: settings),
  ],
  cxxLanguageStandard: .cxx20
)

// Only `make docs` needs it; with it, every switch between building and testing compiles plugins.
if ProcessInfo.processInfo.environment["PLUMBLINE_DOCS"] != nil {
  package.dependencies.append(
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
