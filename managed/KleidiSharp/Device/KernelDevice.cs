// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// A program that serves the kernels of another processor over its standard input and output: under an emulator, over
/// ssh, through adb. Set as <see cref="ComputeOptions.Device"/>, it packs and multiplies for a
/// <see cref="ComputeContext"/>. The program is kleidi-device; native/device/PROTOCOL.md states what is exchanged.
/// Disposing of it ends the program.
/// </summary>
public sealed class KernelDevice : IDisposable
{
    private const int ProtocolVersion = 1;
    private static readonly TimeSpan s_helloTimeout = TimeSpan.FromSeconds(30);

    private readonly DeviceProcess process;

    private KernelDevice(string command)
    {
        Command = command;
        process = new DeviceProcess(command);
        try
        {
            using var timeout = new Timer(_ => process.Kill(), null, s_helloTimeout, Timeout.InfiniteTimeSpan);
            DeviceReply hello = Call(Operation.Hello, new DeviceRequest(), out _);
            int protocol = hello.TakeInt32();
            int abi = hello.TakeInt32();
            if (protocol != ProtocolVersion || abi != Interop.NativeMethods.KS_ABI_VERSION)
            {
                throw new KernelDeviceException(
                    $"'{command}' speaks version {protocol} of the protocol and {abi} of the ABI; " +
                    $"needed are {ProtocolVersion} and {Interop.NativeMethods.KS_ABI_VERSION}.");
            }

            LibraryVersion = hello.TakeString();
            KleidiAIVersion = hello.TakeString();
            uint arch = (uint)hello.TakeInt32();
            var features = (CpuFeature)hello.TakeInt64();
            Cpu = new CpuFeatures(NativeBackend.ToArchitecture(arch), features, hello.TakeInt32());
            Platform = hello.TakeString();
            hello.End();
            Kernels = ReadKernels();
        }
        catch (Exception e)
        {
            process.Dispose();
            if (e is KernelDeviceException)
            {
                throw;
            }

            throw new KernelDeviceException($"'{command}' does not answer as a kernel device does: {e.Message}", e);
        }
    }

    private enum Operation
    {
        Hello = 1,
        Kernel,
        CheckKernel,
        SelectKernel,
        QuantizeInt4,
        Pack,
        Load,
        Free,
        Describe,
        Unpack,
        MatMul,
        VerifyLayout,
    }

    /// <summary>The command that started it.</summary>
    public string Command { get; }

    /// <summary>Version of the native library in it.</summary>
    public string LibraryVersion { get; }

    /// <summary>Version of the KleidiAI in it; empty where there is none.</summary>
    public string KleidiAIVersion { get; }

    /// <summary>The C library and system it runs on.</summary>
    public string Platform { get; }

    /// <summary>Its processor.</summary>
    public CpuFeatures Cpu { get; }

    /// <summary>Its kernel table in order of preference.</summary>
    public IReadOnlyList<KernelInfo> Kernels { get; }

    /// <summary>Starts a device.</summary>
    /// <param name="command">
    /// The program and its arguments, for instance "ssh board kleidi-device"; single and double quotes and backslashes
    /// as in a shell, but no shell is involved.
    /// </param>
    /// <exception cref="ArgumentException">The command is empty or leaves a quote open.</exception>
    /// <exception cref="KernelDeviceException">
    /// The program cannot be started, ends, or is not a kernel device; the message holds what it printed.
    /// </exception>
    public static KernelDevice Start(string command)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(command);
        return new KernelDevice(command);
    }

    /// <summary>Ends the program; a request of another thread is given 5 seconds to be answered, else it fails.</summary>
    public void Dispose() => process.Dispose();

    internal KernelReject Check(int kernel, in KernelRequest request) =>
        (KernelReject)Call(Operation.CheckKernel, Put(new DeviceRequest().Put(kernel), request), out _).TakeInt32();

    internal int Select(in KernelRequest request) =>
        Call(Operation.SelectKernel, Put(new DeviceRequest(), request), out _).TakeInt32();

    internal void VerifyLayout(WeightLayout layout) =>
        Call(Operation.VerifyLayout, new DeviceRequest().Put((int)layout), out _).End();

    internal void QuantizeInt4(
        ReadOnlySpan<float> weights, int outFeatures, int inFeatures, int groupSize, Span<byte> codes, Span<ushort> scales)
    {
        DeviceRequest request = new DeviceRequest().Put((long)outFeatures).Put((long)inFeatures).Put(groupSize).Put(weights);
        DeviceReply reply = Call(Operation.QuantizeInt4, request, out _);
        reply.TakeInto(codes);
        reply.TakeInto(scales);
        reply.End();
    }

    /// <returns>The sealed blob.</returns>
    internal byte[] Pack(in PackedShape shape, in PackSource source)
    {
        DeviceRequest request = new DeviceRequest()
            .Put((int)shape.Format.Kind).Put((int)shape.Layout).Put(shape.Format.GroupSize)
            .Put((long)shape.OutFeatures).Put((long)shape.InFeatures)
            .Put(source.Bias.IsEmpty ? 0 : 1)
            .Put(source.Values).Put(source.Codes).Put(source.Scales).Put(source.Bias);
        _ = Call(Operation.Pack, request, out byte[] blob);
        return blob;
    }

    /// <returns>The id by which the device knows the blob.</returns>
    internal long Load(ReadOnlySpan<byte> blob) => Call(Operation.Load, new DeviceRequest().Put(blob), out _).TakeInt64();

    internal void Free(long id) => Call(Operation.Free, new DeviceRequest().Put(id), out _).End();

    /// <summary>Reads the header of a loaded blob.</summary>
    internal (PackedShape Shape, bool HasBias, long Size, ulong Checksum) Describe(long id, bool verify)
    {
        DeviceReply reply = Call(Operation.Describe, new DeviceRequest().Put(id).Put(verify ? 1 : 0), out _);
        var kind = (WeightKind)reply.TakeInt32();
        var layout = (WeightLayout)reply.TakeInt32();
        int group = reply.TakeInt32();
        bool hasBias = reply.TakeInt32() != 0;
        WeightFormat format = kind == WeightKind.Float32 ? WeightFormat.Float32 : WeightFormat.Int4Group(group);
        var shape = new PackedShape(format, layout, (int)reply.TakeInt64(), (int)reply.TakeInt64());
        return (shape, hasBias, reply.TakeInt64(), (ulong)reply.TakeInt64());
    }

    /// <summary>Unpacks a loaded blob of a known shape.</summary>
    internal UnpackedWeights Unpack(long id, in PackedShape shape)
    {
        DeviceReply reply = Call(Operation.Unpack, new DeviceRequest().Put(id), out _);
        var unpacked = new UnpackedWeights(shape);
        reply.TakeInto<float>(unpacked.Values);
        reply.TakeInto<byte>(unpacked.Codes);
        reply.TakeInto<ushort>(unpacked.Scales);
        reply.TakeInto<float>(unpacked.Bias);
        reply.End();
        return unpacked;
    }

    /// <summary>Multiplies dense activations by a loaded blob.</summary>
    /// <param name="id">The blob.</param>
    /// <param name="kernel">Index of a kernel, or -1 to let the device choose.</param>
    /// <param name="disabledTiers">Tiers that are switched off.</param>
    /// <param name="threads">Threads of the device that share the work.</param>
    /// <param name="clamp">The range to which results are cut.</param>
    /// <param name="rows">Rows of x (m).</param>
    /// <param name="x">f32 [m, k].</param>
    /// <param name="y">Receives f32 [m, n].</param>
    /// <returns>Index of the kernel that ran.</returns>
    internal int MatMul(
        long id, int kernel, KernelTiers disabledTiers, int threads, Clamp clamp, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        DeviceRequest request = new DeviceRequest()
            .Put(id).Put(kernel).Put((int)NativeBackend.ToNative(disabledTiers)).Put(threads)
            .Put(clamp.Minimum).Put(clamp.Maximum).Put((long)rows).Put(x);
        DeviceReply reply = Call(Operation.MatMul, request, out _);
        int used = reply.TakeInt32();
        reply.TakeInto(y);
        reply.End();
        return used;
    }

    private static DeviceRequest Put(DeviceRequest message, in KernelRequest request) => message
        .Put((int)request.Format.Kind).Put((int)(request.Layout ?? 0)).Put(request.Format.GroupSize)
        .Put(request.Rows).Put((int)NativeBackend.ToNative(request.DisabledTiers));

    private KernelInfo[] ReadKernels()
    {
        var kernels = new List<KernelInfo>();
        int count;
        do
        {
            DeviceReply row = Call(Operation.Kernel, new DeviceRequest().Put(kernels.Count), out _);
            count = row.TakeInt32();
            kernels.Add(new KernelInfo
            {
                Index = kernels.Count,
                Kind = (WeightKind)row.TakeInt32(),
                Layout = (WeightLayout)row.TakeInt32(),
                Tier = (KernelTiers)row.TakeInt32(),
                Needs = (CpuFeature)row.TakeInt64(),
                MinRows = row.TakeInt64(),
                MaxRows = row.TakeInt64(),
                IsCompiled = row.TakeInt32() != 0,
                IsSupported = row.TakeInt32() != 0,
                Name = row.TakeString(),
                Origin = row.TakeString(),
                Note = row.TakeString(),
                NotCompiledReason = row.TakeString(),
            });
            row.End();
        }
        while (kernels.Count < count);
        return [.. kernels];
    }

    private DeviceReply Call(Operation operation, DeviceRequest request, out byte[] reply)
    {
        reply = process.Request((int)operation, request.Bytes);
        return new DeviceReply(reply);
    }
}
