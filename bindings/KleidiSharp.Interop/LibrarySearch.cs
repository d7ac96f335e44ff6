// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace KleidiSharp.Interop;

/// <summary>One search for the native library: what was tried, and what came of it.</summary>
internal sealed class LibrarySearch
{
    private readonly Assembly assembly;
    private readonly string name;
    private readonly List<string> attempts = [];

    /// <summary>Prepares a search for a library on behalf of an assembly.</summary>
    public LibrarySearch(Assembly assembly, string name)
    {
        this.assembly = assembly;
        this.name = name;
    }

    // Without these flags Windows would look in the current directory; with them Linux would not look in the system's.
    private static DllImportSearchPath? ProbingPath =>
        OperatingSystem.IsWindows() ? DllImportSearchPath.AssemblyDirectory | DllImportSearchPath.SafeDirectories : null;

    /// <summary>The library, or 0.</summary>
    public nint Handle { get; private set; }

    /// <summary>The file of the library, or null where the system does not tell.</summary>
    public string? LoadedPath { get; private set; }

    /// <summary>Searches in the order that <see cref="NativeLoader"/> documents. Never throws.</summary>
    public void Run(DllImportResolver? hook, string? appContextPath, string? environmentPath, string baseDirectory)
    {
        if (AskHook(hook) || TryExplicit("AppContext data KleidiSharp.NativeLibraryPath", appContextPath)
            || TryExplicit("environment variable KLEIDISHARP_LIBRARY", environmentPath))
        {
            return;
        }

        if (Try("ordinary probing", name, ProbedFiles(baseDirectory), () => NativeLibrary.Load(name, assembly, ProbingPath)))
        {
            return;
        }

        foreach (string rid in HostDescription.RuntimeIdentifiers)
        {
            string path = Path.Combine(baseDirectory, "runtimes", rid, "native", HostDescription.LibraryFileName(name));
            if (Try("application folder", path, Existing(path), () => NativeLibrary.Load(path)))
            {
                return;
            }
        }
    }

    /// <summary>Says for a person why there is no library, and what to do.</summary>
    public string Report()
    {
        var text = new StringBuilder($"The native library {name} could not be loaded.\n");
        text.Append($"  runtime identifier: {RuntimeInformation.RuntimeIdentifier}\n");
        text.Append($"  C library: {HostDescription.CLibrary}\n");
        text.Append($"  CPU: {HostDescription.Cpu}\n");
        attempts.ForEach(a => text.Append($"  tried {a}\n"));
        text.Append($"  {HostDescription.Remedy(HostDescription.RuntimeIdentifiers[^1], name)}");
        return text.ToString();
    }

    // Where the runtime looks for a file of that name itself, before it asks the system.
    private string[] ProbedFiles(string baseDirectory)
    {
        string folders = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return
        [
            .. folders.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Append(baseDirectory)
                .SelectMany(folder => Existing(Path.Combine(folder, HostDescription.LibraryFileName(name)))).Distinct(),
        ];
    }

    private static string[] Existing(string path) => Path.Exists(path) ? [path] : [];

    // A hook that gives a library decides, whether the library fits or not.
    private bool AskHook(DllImportResolver? hook)
    {
        foreach (DllImportResolver handler in (hook?.GetInvocationList() ?? []).Cast<DllImportResolver>())
        {
            nint library = 0;
            Try("handler of ResolveLibrary", handler.Method.Name, [], () =>
            {
                library = handler(name, assembly, null);
                return library != 0 ? library : throw new DllNotFoundException("it gave no library");
            });
            if (library != 0)
            {
                return true;
            }
        }

        return false;
    }

    private bool TryExplicit(string origin, string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return false;
        }

        if (Path.IsPathFullyQualified(path))
        {
            Try(origin, path, [path], () => NativeLibrary.Load(path));
        }
        else
        {
            attempts.Add($"{path} ({origin}): the path is not absolute");
        }

        return true;
    }

    // The runtime loads the first of the files; what is wrong with any of them is part of the report.
    private bool Try(string origin, string what, string[] files, Func<nint> load)
    {
        if (files.Length > 0 && LibraryDiagnosis.Here.Refuse(files[0]) is { } fault)
        {
            attempts.Add($"{what} ({origin}): not loaded{Explain(files[0], fault)}");
            return false;
        }

        nint library;
        try
        {
            library = load();
        }
#pragma warning disable CA1031 // Handlers of the user run here, and an exception must not leave a resolver.
        catch (Exception e)
#pragma warning restore CA1031
        {
            string error = SystemError(e);
            IEnumerable<string> faults = files.Select(file => Explain(file, LibraryDiagnosis.Here.Explain(file, error)));
            attempts.Add($"{what} ({origin}): {error}{string.Concat(faults)}");
            return false;
        }

        if (Handshake.Check(library) is { } mismatch)
        {
            string loaded = PathOf(library) ?? "it";
            attempts.Add($"{what} ({origin}): {loaded} was loaded and refused{Explain(loaded, mismatch)}");
            NativeLibrary.Free(library);
            return false;
        }

        Handle = library;
        LoadedPath = PathOf(library);
        return true;
    }

    private static string Explain(string file, LibraryFault? fault) =>
        fault is null ? "" : $"\n    cause: {file}: {fault.Cause}\n    remedy: {fault.Remedy}";

    // The loader's own words follow a first line of general advice, one line for each file it looked for.
    private static string SystemError(Exception e)
    {
        string[] lines = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return e switch
        {
            DllNotFoundException when lines.Length > 1 => string.Join("\n    ", lines[1..]),
            DllNotFoundException or BadImageFormatException => string.Join(' ', lines),
            _ => $"{e.GetType().Name}: {string.Join(' ', lines)}",
        };
    }

    private static string? PathOf(nint library)
    {
        if (!NativeLibrary.TryGetExport(library, Handshake.VersionFunction, out nint address))
        {
            return null;
        }

        using Process process = Process.GetCurrentProcess();
        return process.Modules.Cast<ProcessModule>()
            .FirstOrDefault(m => address >= m.BaseAddress && address < m.BaseAddress + m.ModuleMemorySize)?.FileName;
    }
}
