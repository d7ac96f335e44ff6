// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Keeps the memory of a blob while a call is under way.</summary>
internal readonly ref struct BlobHold
{
    private readonly BlobMemory memory;

    /// <exception cref="ObjectDisposedException">The owner was disposed of.</exception>
    public BlobHold(PackedWeights owner, BlobMemory memory)
    {
        ObjectDisposedException.ThrowIf(memory.IsClosed, owner);
        bool held = false;
        memory.DangerousAddRef(ref held);
        this.memory = memory;
    }

    public void Dispose() => memory.DangerousRelease();
}
