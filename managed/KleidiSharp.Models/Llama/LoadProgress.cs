// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>How far loading a model has come.</summary>
/// <param name="Tensor">The tensor just loaded.</param>
/// <param name="LoadedBytes">Bytes of the file's tensors that are done, this one included.</param>
/// <param name="TotalBytes">Bytes of all of the file's tensors.</param>
public readonly record struct LoadProgress(string Tensor, long LoadedBytes, long TotalBytes);
