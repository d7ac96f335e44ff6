// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Bindings;

/// <summary>What the bindings are called and how they reach the library; named after ClangSharp's options.</summary>
public sealed record GeneratorOptions
{
    /// <summary>The namespace of everything that is generated.</summary>
    public string Namespace { get; init; } = "KleidiSharp.Interop";

    /// <summary>The class of the functions and of the enumerators of anonymous enums.</summary>
    public string MethodClassName { get; init; } = "NativeMethods";

    /// <summary>The bare name of the library.</summary>
    public string LibraryPath { get; init; } = "kleidisharp";

    /// <summary>Macros of the header that have no place in the bindings.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];
}
