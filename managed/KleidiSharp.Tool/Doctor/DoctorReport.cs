// SPDX-License-Identifier: Apache-2.0
using System.Text.Json.Serialization;

namespace KleidiSharp.Tool.Doctor;

/// <summary>What <c>kleidi doctor --json</c> writes.</summary>
/// <param name="Ok">Whether nothing is wrong.</param>
/// <param name="Problems">What is wrong, each with what to do about it.</param>
/// <param name="Remarks">What is not wrong but worth knowing.</param>
/// <param name="Machine">This process; with a device, its CPU and kernels are the device's.</param>
/// <param name="Library">The native library of this process or of the device.</param>
/// <param name="Kernels">The kernel table, in order of preference.</param>
/// <param name="Layouts">The packed layouts of all kernels that this processor has, those on request included.</param>
/// <param name="SelfTest">Every usable kernel against the reference.</param>
internal sealed record DoctorReport(
    bool Ok,
    IReadOnlyList<string> Problems,
    IReadOnlyList<string> Remarks,
    MachineReport Machine,
    LibraryReport Library,
    IReadOnlyList<KernelReport> Kernels,
    IReadOnlyList<LayoutReport> Layouts,
    IReadOnlyList<SelfTestReport> SelfTest);

/// <summary>A native library.</summary>
/// <param name="Loaded">Whether there is one.</param>
/// <param name="Path">The file, or the command of the device.</param>
/// <param name="Version">Its version.</param>
/// <param name="AbiVersion">The version of its C ABI; the device has to have this process's.</param>
/// <param name="KleidiAIVersion">Empty where KleidiAI is not linked in.</param>
/// <param name="Platform">C library and system that it runs on.</param>
internal sealed record LibraryReport(
    bool Loaded,
    string? Path,
    string? Version,
    int AbiVersion,
    string? KleidiAIVersion,
    string Platform);

/// <summary>One row of the kernel table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Format">For instance "int4", "q4_0" or "f32".</param>
/// <param name="Tier">The instruction set it is for.</param>
/// <param name="Origin">Who wrote it.</param>
/// <param name="Note">What it is for, and why it stands where it stands.</param>
/// <param name="Layout">The packed weights it reads.</param>
/// <param name="MinRows">Fewest rows (m).</param>
/// <param name="MaxRows">Most rows (m); null for any.</param>
/// <param name="MinColumns">Fewest columns (n).</param>
/// <param name="VectorBytes">Bytes of the vectors that its layout is made for here; 0 where it is for any.</param>
/// <param name="Exact">Whether it gives the reference's bits; else it runs where it is forced only.</param>
/// <param name="OnRequest">Whether its tier is off unless it is enabled.</param>
/// <param name="Compiled">Whether it is in the library.</param>
/// <param name="Supported">Whether this processor has what it needs.</param>
/// <param name="Enabled">Whether its tier may be used.</param>
/// <param name="SwitchedOff">Whether its tier was switched off, by an option or the environment.</param>
/// <param name="ChosenFor">The numbers of rows, of those that were asked for, for which it is chosen.</param>
/// <param name="WhyNot">Why it is chosen for none; else null.</param>
internal sealed record KernelReport(
    string Name,
    string Format,
    string Tier,
    string Origin,
    string Note,
    string Layout,
    long MinRows,
    long? MaxRows,
    long MinColumns,
    int VectorBytes,
    bool Exact,
    bool OnRequest,
    bool Compiled,
    bool Supported,
    bool Enabled,
    bool SwitchedOff,
    IReadOnlyList<int> ChosenFor,
    string? WhyNot)
{
    /// <summary>The numbers of rows it takes, for instance "m ≥ 2".</summary>
    [JsonIgnore]
    public string Rows => MaxRows is null ? $"m ≥ {MinRows}"
        : MaxRows == MinRows ? $"m = {MinRows}"
        : $"m = {MinRows}..{MaxRows}";

    /// <summary>For which numbers of rows it is chosen, or why for none.</summary>
    [JsonIgnore]
    public string Chosen => WhyNot is null ? $"for m = {string.Join(", ", ChosenFor)}" : $"no: {WhyNot}";
}

/// <summary>A packed layout.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsKleidiAI">Whether KleidiAI's kernels read it, so that it was compared with KleidiAI's packer.</param>
/// <param name="Ok">Whether weights could be packed for it.</param>
/// <param name="Failure">Why not; else null.</param>
internal sealed record LayoutReport(string Name, bool IsKleidiAI, bool Ok, string? Failure);

/// <summary>A kernel's self-test.</summary>
/// <param name="Kernel">Its name.</param>
/// <param name="Ok">Whether every case gave the reference's bits.</param>
/// <param name="CasesPassed">How many did.</param>
/// <param name="Failure">The first that did not; else null.</param>
internal sealed record SelfTestReport(string Kernel, bool Ok, int CasesPassed, string? Failure);
