// SPDX-License-Identifier: Apache-2.0
using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>The body of a request to a kernel device, little-endian.</summary>
internal sealed class DeviceRequest
{
    private readonly ArrayBufferWriter<byte> bytes = new();

    public ReadOnlySpan<byte> Bytes => bytes.WrittenSpan;

    public DeviceRequest Put(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes.GetSpan(sizeof(int)), value);
        bytes.Advance(sizeof(int));
        return this;
    }

    public DeviceRequest Put(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(bytes.GetSpan(sizeof(long)), value);
        bytes.Advance(sizeof(long));
        return this;
    }

    public DeviceRequest Put(float value) => Put(BitConverter.SingleToInt32Bits(value));

    public DeviceRequest Put<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        bytes.Write(MemoryMarshal.AsBytes(values));
        return this;
    }

    public unsafe DeviceRequest Put(void* values, long length) => Put(new ReadOnlySpan<byte>(values, checked((int)length)));
}
