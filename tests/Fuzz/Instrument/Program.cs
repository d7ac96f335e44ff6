// SPDX-License-Identifier: Apache-2.0
// Rewrites an assembly so that each of its basic blocks counts how often it runs. Usage: ASSEMBLY RESULT
using KleidiSharp.Fuzz;
using Mono.Cecil;

if (args.Length != 2)
{
    Console.Error.WriteLine("usage: KleidiSharp.Fuzz.Instrument ASSEMBLY RESULT");
    return 2;
}

using var resolver = new DefaultAssemblyResolver();
resolver.AddSearchDirectory(Path.GetDirectoryName(Path.GetFullPath(args[0])));
using ModuleDefinition module = ModuleDefinition.ReadModule(
    args[0], new ReaderParameters { AssemblyResolver = resolver, ReadSymbols = true });
var counters = new BlockCounters(module);
counters.CountEveryMethod();
module.Write(args[1], new WriterParameters { WriteSymbols = true });
Console.WriteLine($"{Path.GetFileName(args[1])}: {counters.Methods.Count} basic blocks");
return 0;
