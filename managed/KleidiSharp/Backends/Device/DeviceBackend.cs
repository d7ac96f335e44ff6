// SPDX-License-Identifier: Apache-2.0
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace KleidiSharp;

/// <summary>
/// Works on a <see cref="KernelDevice"/>. A blob is sent when it is first multiplied by, and stays there until its
/// memory is released here or the context is disposed of.
/// </summary>
internal sealed unsafe class DeviceBackend(KernelDevice device, int threads) : IBackend
{
    private readonly Lock gate = new();
    private readonly ConditionalWeakTable<BlobMemory, object> ids = [];
    private readonly HashSet<long> loaded = [];
    private readonly ConcurrentQueue<long> released = new();

    public ComputeBackend Kind => ComputeBackend.Device;

    public CpuFeatures Cpu => device.Cpu;

    public IReadOnlyList<KernelInfo> Kernels => device.Kernels;

    public KernelReject Check(int kernel, in KernelRequest request) => device.Check(kernel, request);

    public void VerifyLayout(WeightLayout layout) => device.VerifyLayout(layout);

    public void QuantizeInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, int groupSize, Span<byte> codes, Span<ushort> scales) =>
        device.QuantizeInt4(weights, outFeatures, inFeatures, groupSize, codes, scales);

    public BlobMemory Pack(in PackedShape shape, in PackSource source)
    {
        byte[] blob = device.Pack(shape, source);
        BlobMemory memory = BlobMemory.Allocate(blob.Length);
        blob.CopyTo(new Span<byte>(memory.Address, blob.Length));
        return memory;
    }

    public void MatMul(PackedBlob blob, in MatMulArguments arguments)
    {
        int k = blob.Shape.InFeatures;
        int n = blob.Shape.OutFeatures;
        var x = new float[arguments.Rows * k];
        var y = new float[arguments.Rows * n];
        for (int row = 0; row < arguments.Rows; row++)
        {
            arguments.X.Slice((int)(row * arguments.XStride), k).CopyTo(x.AsSpan(row * k));
        }

        device.MatMul(IdOf(blob), -1, arguments.DisabledTiers, threads, arguments.Clamp, arguments.Rows, x, y);
        for (int row = 0; row < arguments.Rows; row++)
        {
            y.AsSpan(row * n, n).CopyTo(arguments.Y[(int)(row * arguments.YStride)..]);
        }
    }

    public void Dispose()
    {
        lock (gate)
        {
            try
            {
                foreach (long id in loaded)
                {
                    device.Free(id);
                }
            }
            catch (Exception e) when (e is KernelDeviceException or ObjectDisposedException)
            {
                // The program is gone, and its memory with it.
            }

            loaded.Clear();
        }
    }

    private long IdOf(PackedBlob blob)
    {
        lock (gate)
        {
            while (released.TryDequeue(out long old))
            {
                if (loaded.Remove(old))
                {
                    device.Free(old);
                }
            }

            if (ids.TryGetValue(blob.Memory, out object? known))
            {
                return (long)known;
            }

            long id = device.Load(new ReadOnlySpan<byte>(blob.Memory.Address, checked((int)blob.Shape.BlobBytes)));
            loaded.Add(id);
            ids.Add(blob.Memory, id);
            blob.Memory.Released += () => released.Enqueue(id);
            return id;
        }
    }
}
