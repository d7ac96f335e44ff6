// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tool.Doctor;

namespace KleidiSharp.Tool.Info;

/// <summary>What <c>kleidi info --json</c> writes.</summary>
/// <param name="Machine">This process; with a device, its CPU is the device's.</param>
/// <param name="LibraryFailure">Why there is no native library; null where there is one, and with a device.</param>
/// <param name="Kernels">The kernel table, in order of preference.</param>
internal sealed record InfoReport(MachineReport Machine, string? LibraryFailure, IReadOnlyList<KernelReport> Kernels);
