// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors, and the upcoming language features that make a file's imports and existentials plain to see.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func system(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
    .systemLibrary(
        name: name,
        path: "Sources/Native/\(name)",
        pkgConfig: pkgConfig,
        providers: [.apt([package])]
    )
}

let package = Package(
    name: "weir",
    products: [.executable(name: "weir", targets: ["weir"])],
    targets: [
        // The language and the data: they import nothing.
        library("Parser", []),
        library("Values", []),

        // What runs, without clock or I/O; of C only ICU, behind Functions.
        library("Functions", ["Values", "CICU"]),
        library("Runtime", ["Values", "Functions"]),
        library("Planner", ["Parser", "Values", "Functions", "Runtime"]),

        // The outside world; each C module is imported by exactly one of these.
        library("Storage", ["Values", "Runtime", "CRocksDB", "CRocksExtras", "CChecksum"]),
        library("Connectors", ["Values", "Functions", "Runtime", "CRdKafka", "CLibPQ", "CSimdJSON"]),
        .target(
            name: "Server",
            dependencies: [
                "Parser", "Values", "Functions", "Runtime", "Planner", "Storage", "Connectors", "CLibEvent",
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "weir",
            dependencies: ["Server", "Parser", "Values", "CLibEdit", "CGetOpt"],
            swiftSettings: strict
        ),

        system("CRdKafka", "rdkafka", "librdkafka-dev"),
        system("CRocksDB", "rocksdb", "librocksdb-dev"),
        system("CLibPQ", "libpq", "libpq-dev"),
        system("CLibEvent", "libevent", "libevent-dev"),
        system("CLibEdit", "libedit", "libedit-dev"),
        .systemLibrary(name: "CGetOpt", path: "Sources/Native/CGetOpt"),
        .target(name: "CRocksExtras", dependencies: ["CRocksDB"], path: "Sources/Native/CRocksExtras"),
        .target(name: "CChecksum", path: "Sources/Native/CChecksum"),
        .target(
            name: "CICU",
            path: "Sources/Native/CICU",
            linkerSettings: [.linkedLibrary("icui18n"), .linkedLibrary("icuuc")]
        ),
        .target(
            name: "CSimdJSON",
            path: "Sources/Native/CSimdJSON",
            linkerSettings: [.linkedLibrary("simdjson")]
        ),

        // What tests of several targets start and wait for.
        .target(name: "CSpawn", path: "Tests/CSpawn"),
        .target(name: "TestSupport", dependencies: ["CSpawn"], path: "Tests/TestSupport", swiftSettings: strict),
        .testTarget(
            name: "ServerTests",
            dependencies: ["Server", "weir", "TestSupport"],
            exclude: ["Golden", "SQL"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: ["Server", "Connectors", "Storage", "Planner", "Parser", "Runtime", "Values"],
            exclude: ["Golden"],
            swiftSettings: strict
        ),
        .testTarget(name: "ParserTests", dependencies: ["Parser"], exclude: ["Golden"], swiftSettings: strict),
        tests("ValuesTests", ["Values"]),
        tests(
            "ConnectorsTests",
            ["Connectors", "Planner", "Parser", "Functions", "Runtime", "Values", "TestSupport"]
        ),
        tests("StorageTests", ["Storage", "Runtime", "Values", "CChecksum"]),
        tests("RuntimeTests", ["Runtime", "Values", "Functions"]),
        tests("FunctionsTests", ["Values", "Functions"]),
        .target(
            name: "FuzzTargets",
            dependencies: ["Parser", "Connectors", "Runtime", "Values"],
            path: "Tests/FuzzTargets",
            exclude: ["Corpus"],
            swiftSettings: strict
        ),
        tests("FuzzTests", ["FuzzTargets"]),
        .testTarget(
            name: "PlannerTests",
            dependencies: ["Planner", "Parser", "Values", "Functions", "Runtime"],
            exclude: ["Golden"],
            swiftSettings: strict
        ),
    ],
    cxxLanguageStandard: .cxx17
)

// Built by `scripts/fuzz` alone, which links it with libFuzzer.
if Context.environment["WEIR_FUZZ"] != nil {
    package.products.append(.executable(name: "weir-fuzz", targets: ["FuzzDriver"]))
    package.targets.append(
        .executableTarget(
            name: "FuzzDriver",
            dependencies: ["FuzzTargets"],
            path: "Tests/FuzzDriver",
            swiftSettings: strict
        )
    )
}
