// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.InteropServices;

namespace KleidiSharp.Interop;

/// <summary>
/// Finds and loads the native library. These are asked in turn: the handlers of <see cref="ResolveLibrary"/>; an
/// explicit absolute path in the <see cref="AppContext"/> data <c>KleidiSharp.NativeLibraryPath</c>, else in the
/// environment variable <c>KLEIDISHARP_LIBRARY</c>; the runtime's ordinary probing; and the folder
/// <c>runtimes/&lt;rid&gt;/native</c> of the application. What a handler or an explicit path gives is final: where it
/// does not fit, nothing else is tried. A file that was cut short is not loaded at all, since that would end the process.
/// </summary>
public static class NativeLoader
{
    private const string LibraryName = "kleidisharp";

    private static readonly Lazy<LibrarySearch> Search = new(RunSearch);

    static NativeLoader()
    {
        try
        {
            NativeLibrary.SetDllImportResolver(typeof(NativeLoader).Assembly, Resolve);
        }
        catch (InvalidOperationException)
        {
            // The application registered a resolver of its own for this assembly: it stays in charge.
        }
    }

    /// <summary>
    /// Handlers that may load the library themselves; the first handle that is not 0 is used. To be set before the
    /// first call of <see cref="TryLoad"/>. An exception in a handler counts as 0 and is part of the report.
    /// </summary>
    public static event DllImportResolver? ResolveLibrary;

    /// <summary>The file that was loaded, or null before, without and where the system does not tell.</summary>
    public static string? LoadedPath => Search.IsValueCreated ? Search.Value.LoadedPath : null;

    /// <summary>
    /// Loads the library the first time it is called, and checks that its ABI is the one this assembly was made for. May
    /// be called from any thread, any number of times; the outcome does not change.
    /// </summary>
    /// <param name="failure">
    /// Where there is no usable library, why: the runtime identifier, the C library, the CPU features that .NET knows of,
    /// and each path that was tried with the system's own error, what the file is instead and what to do about it.
    /// </param>
    /// <returns>Whether the library is loaded. The native functions may be called only where it is.</returns>
    public static bool TryLoad([NotNullWhen(false)] out string? failure)
    {
        failure = Search.Value.Handle == 0 ? Search.Value.Report() : null;
        return failure is null;
    }

    private static LibrarySearch RunSearch()
    {
        var search = new LibrarySearch(typeof(NativeLoader).Assembly, LibraryName);
        search.Run(
            ResolveLibrary,
            AppContext.GetData("KleidiSharp.NativeLibraryPath") as string,
            Environment.GetEnvironmentVariable("KLEIDISHARP_LIBRARY"),
            AppContext.BaseDirectory);
        return search;
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) =>
        name == LibraryName ? Search.Value.Handle : 0;
}
