// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Bindings;

/// <summary>A machine that the bindings must hold for.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Compiler">The C compiler that knows its sizes and system headers.</param>
public sealed record Target(string Name, string Compiler)
{
    /// <summary>Every target; the bindings must be the same for all of them.</summary>
    public static IReadOnlyList<Target> All { get; } =
    [
        new("x64", "x86_64-linux-gnu-gcc"),
        new("aarch64", "aarch64-linux-gnu-gcc"),
    ];

    /// <summary>Finds a target by its name.</summary>
    public static Target Named(string name) =>
        All.FirstOrDefault(t => t.Name == name)
        ?? throw new BindingException($"unknown target {name}; known are {string.Join(", ", All.Select(t => t.Name))}");
}
