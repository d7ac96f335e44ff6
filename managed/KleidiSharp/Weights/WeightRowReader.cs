// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// Gives some rows of a weight matrix when they are asked for, so that it need not be in memory as a whole. Called from
/// several threads at once, in no order; the same rows may be asked for again.
/// </summary>
/// <typeparam name="T">float for values, byte for blocks.</typeparam>
/// <param name="firstRow">The first row.</param>
/// <param name="rows">Receives whole rows, one after another: as many as it holds.</param>
public delegate void WeightRowReader<T>(int firstRow, Span<T> rows)
    where T : unmanaged;
