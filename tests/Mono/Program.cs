// SPDX-License-Identifier: Apache-2.0
using System;
using System.Linq;
using KleidiSharp.Interop;
using KleidiSharp.Mono.Tests;

Check.Run("the scalar fma rounds once", Scalar.VerifyFma);
Check.Run("versions", LibraryChecks.Versions);
Check.Run("layout", LibraryChecks.Layout);
Check.Run("cpu", LibraryChecks.Cpu);
Check.Run("kernel table", LibraryChecks.KernelTable);
Check.Run("layout formulas", LibraryChecks.LayoutFormulas);

foreach (ks_layout layout in Enum.GetValues(typeof(ks_layout)))
{
    Check.Run($"pack and unpack {layout}", () => PackingChecks.RoundTrip(layout));
}

Check.Run("bad blobs", PackingChecks.BadBlobs);
Check.Run("weights that are not finite", PackingChecks.NotFinite);

for (int i = 0; i < NativeMethods.ks_kernel_count(); i++)
{
    int index = i;
    ks_kernel_info kernel = LibraryChecks.Kernel(index);
    if (kernel.supported == 1 && kernel.exact == 1)
    {
        Check.Run($"kernel {index}", () => MatMulChecks.Kernel(index));
    }
}

Check.Run("bad arguments", MatMulChecks.BadArguments);
Check.Run("tasks on a team", TeamChecks.Tasks);
Check.Run("bad teams", TeamChecks.BadTeams);
foreach (ks_format format in Enum.GetValues(typeof(ks_format)))
{
    Check.Run($"rows that are not finite, {format}", () => MatMulChecks.NotFiniteRow(format));
    Check.Run($"16-bit floats, {format}", () => MatMulChecks.SixteenBits(format));
    if (new Format(format).IsPerRow)
    {
        Check.Run($"calibrated int8, {format}", () => MatMulChecks.StaticInt8(format));
    }

    Check.Run($"team under garbage collection, {format}", () => TeamChecks.UnderGarbageCollection(format));
}

string missing = string.Join(", ", Check.NotCalled);
Check.Run("every function was called", () => Check.True(missing.Length == 0, $"not called: {missing}"));

Console.WriteLine($"{Check.Passed} passed, {Check.Failed} failed");
return Check.Failed == 0 ? 0 : 1;
