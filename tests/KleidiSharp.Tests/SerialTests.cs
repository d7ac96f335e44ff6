// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

/// <summary>Tests that count allocations of the process or change its environment: nothing else runs meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class SerialTests
{
    public const string Name = "serial";
}
