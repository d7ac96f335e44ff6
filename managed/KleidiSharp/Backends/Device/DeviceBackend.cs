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
    private readonly object gate = new();
    private readonly ConditionalWeakTable<BlobMemory, object> ids = [];
    private readonly HashSet<long> loaded = [];
    private readonly ConcurrentQueue<long> released = new();

    public ComputeBackend Kind => ComputeBackend.Device;

    public CpuFeatures Cpu => device.Cpu;

    public IReadOnlyList<KernelInfo> Kernels => device.Kernels;

    public KernelReject Check(int kernel, in KernelRequest request) => device.Check(kernel, request);

    public void VerifyLayout(WeightLayout layout) => device.VerifyLayout(layout);

    public void Quantize(float* weights, int outFeatures, int inFeatures, WeightFormat format, WeightMemory to) =>
        device.Quantize(weights, outFeatures, inFeatures, format, to);

    public BlobMemory Pack(in PackedShape shape, WeightMemory source)
    {
        byte[] blob = device.Pack(shape, source);
        BlobMemory memory = BlobMemory.Allocate(blob.Length);
        blob.CopyTo(new Span<byte>(memory.Address, blob.Length));
        return memory;
    }

    public void MatMul(PackedBlob blob, in MatMulArguments arguments)
    {
        int xBytes = blob.Shape.InFeatures * arguments.XFormat.ElementSize;
        int yBytes = blob.Shape.OutFeatures * arguments.YFormat.ElementSize;
        var x = new byte[arguments.Rows * xBytes];
        var y = new byte[arguments.Rows * yBytes];
        for (int row = 0; row < arguments.Rows; row++)
        {
            byte* from = arguments.X + (row * arguments.XStride * arguments.XFormat.ElementSize);
            new ReadOnlySpan<byte>(from, xBytes).CopyTo(x.AsSpan(row * xBytes));
        }

        _ = device.MatMul(IdOf(blob), arguments, threads, x, y);
        for (int row = 0; row < arguments.Rows; row++)
        {
            byte* to = arguments.Y + (row * arguments.YStride * arguments.YFormat.ElementSize);
            y.AsSpan(row * yBytes, yBytes).CopyTo(new Span<byte>(to, yBytes));
        }
    }

    // Its threads are the program's.
    public void Run(TeamWork work, int pieces)
    {
        for (int piece = 0; piece < pieces; piece++)
        {
            work.Run(piece);
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
