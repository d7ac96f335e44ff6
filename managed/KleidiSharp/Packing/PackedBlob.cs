// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>A sealed blob and what its header says.</summary>
internal sealed record PackedBlob(BlobMemory Memory, PackedShape Shape, bool HasBias);
