// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Work in pieces that any thread of a <see cref="WorkerTeam"/> may take, in any order.</summary>
internal abstract class TeamWork
{
    public abstract void Run(int piece);
}
