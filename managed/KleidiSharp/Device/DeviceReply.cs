// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace KleidiSharp;

/// <summary>Reads the result of a kernel device from front to back, little-endian.</summary>
internal ref struct DeviceReply(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public int TakeInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long TakeInt64() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    public string TakeString() => Encoding.UTF8.GetString(Take(TakeInt32()));

    public void TakeInto<T>(Span<T> values)
        where T : unmanaged
    {
        Span<byte> target = MemoryMarshal.AsBytes(values);
        Take(target.Length).CopyTo(target);
    }

    public unsafe void TakeInto(void* target, long length) => TakeInto(new Span<byte>(target, checked((int)length)));

    public readonly void End()
    {
        if (!rest.IsEmpty)
        {
            throw new KernelDeviceException($"The kernel device sent {rest.Length} bytes more than a result has.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > rest.Length)
        {
            throw new KernelDeviceException("The kernel device sent a result that is too short.");
        }

        ReadOnlySpan<byte> taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
