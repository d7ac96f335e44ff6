// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>What the machine can do at most at one moment, with all threads.</summary>
/// <param name="Bandwidth">Bytes read from memory per second.</param>
/// <param name="Int8">Operations on 8-bit integers per second; NaN where there is no probe for the processor.</param>
/// <param name="Float32">Operations on floats per second; NaN likewise.</param>
internal readonly record struct Ceilings(double Bandwidth, double Int8, double Float32);
