// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>
/// A program that serves the kernels of another processor over its standard input and output: under an emulator, over
/// ssh, through adb. Set as <see cref="ComputeOptions.Device"/>, it packs and multiplies for a
/// <see cref="ComputeContext"/>. The program is kleidi-device; native/device/PROTOCOL.md states what is exchanged.
/// Disposing of it ends the program.
/// </summary>
public sealed unsafe class KernelDevice : IDisposable
{
    private const int ProtocolVersion = 2;
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
            Cpu = new CpuFeatures(
                NativeBackend.ToArchitecture(arch), features, hello.TakeInt32(), hello.TakeInt32(), hello.TakeInt32());
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
        Quantize,
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

    internal void Quantize(float* weights, int outFeatures, int inFeatures, WeightFormat format, WeightMemory to)
    {
        FormatTraits traits = format.Traits;
        long scales = (long)outFeatures * traits.ScalesPerRow(inFeatures, format.GroupSize);
        DeviceRequest request = new DeviceRequest()
            .Put((int)format.Kind).Put(format.GroupSize)
            .Put((long)outFeatures).Put((long)inFeatures)
            .Put(weights, (long)outFeatures * inFeatures * sizeof(float));
        DeviceReply reply = Call(Operation.Quantize, request, out _);
        reply.TakeInto(to.Rows, outFeatures * traits.RowBytes(inFeatures));
        reply.TakeInto(to.Scales, scales * traits.ScaleBytes);
        reply.TakeInto(to.Zeros, to.Zeros == null ? 0 : scales * sizeof(float));
        reply.End();
    }

    /// <returns>The sealed blob.</returns>
    internal byte[] Pack(in PackedShape shape, WeightMemory source)
    {
        long n = shape.OutFeatures;
        long scales = n * shape.ScalesPerRow;
        DeviceRequest request = new DeviceRequest()
            .Put((int)shape.Format.Kind).Put((int)shape.Layout).Put(shape.Format.GroupSize).Put(shape.VectorBytes)
            .Put(n).Put((long)shape.InFeatures)
            .Put(source.Bias == null ? 0 : 1)
            .Put(source.Rows, n * shape.RowBytes)
            .Put(source.Scales, scales * shape.Format.Traits.ScaleBytes)
            .Put(source.Zeros, source.Zeros == null ? 0 : scales * sizeof(float))
            .Put(source.Bias, source.Bias == null ? 0 : n * sizeof(float));
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
        WeightFormat format = WeightFormat.From(kind, reply.TakeInt32())
            ?? throw new KernelDeviceException("The kernel device sent a format that does not exist.");
        bool hasBias = reply.TakeInt32() != 0;
        int vectorBytes = reply.TakeInt32();
        var shape = new PackedShape(format, layout, (int)reply.TakeInt64(), (int)reply.TakeInt64(), vectorBytes);
        return (shape, hasBias, reply.TakeInt64(), (ulong)reply.TakeInt64());
    }

    /// <summary>Unpacks a loaded blob of a known shape.</summary>
    internal LogicalWeights Unpack(long id, in PackedShape shape)
    {
        DeviceReply reply = Call(Operation.Unpack, new DeviceRequest().Put(id), out _);
        var unpacked = new LogicalWeights(shape.Format, shape.OutFeatures, shape.InFeatures);
        reply.TakeInto(unpacked.Memory.Rows, unpacked.RowsLength);
        reply.TakeInto(unpacked.Memory.Scales, unpacked.ScalesLength);
        reply.TakeInto(unpacked.Memory.Zeros, unpacked.ZerosCount * sizeof(float));
        reply.TakeInto(unpacked.Memory.Bias, shape.OutFeatures * (long)sizeof(float));
        reply.End();
        return unpacked;
    }

    /// <summary>Multiplies by a loaded blob.</summary>
    /// <param name="id">The blob.</param>
    /// <param name="arguments">Everything but the matrices.</param>
    /// <param name="threads">Threads of the device that share the work.</param>
    /// <param name="x">The bytes of [m, k], dense.</param>
    /// <param name="y">Receives the bytes of [m, n], dense.</param>
    /// <returns>Index of the kernel that ran.</returns>
    internal int MatMul(long id, in MatMulArguments arguments, int threads, ReadOnlySpan<byte> x, Span<byte> y)
    {
        DeviceRequest request = new DeviceRequest()
            .Put(id).Put(arguments.Kernel).Put((int)NativeBackend.ToNative(arguments.DisabledTiers)).Put(threads)
            .Put((int)arguments.XFormat.Type).Put((int)arguments.YFormat.Type)
            .Put(arguments.XFormat.Quantization.Scale).Put(arguments.XFormat.Quantization.ZeroPoint)
            .Put(arguments.YFormat.Quantization.Scale).Put(arguments.YFormat.Quantization.ZeroPoint)
            .Put(arguments.Clamp.Minimum).Put(arguments.Clamp.Maximum).Put((long)arguments.Rows).Put(x);
        DeviceReply reply = Call(Operation.MatMul, request, out _);
        int used = reply.TakeInt32();
        reply.TakeInto(y);
        reply.End();
        return used;
    }

    private static DeviceRequest Put(DeviceRequest message, in KernelRequest request) => message
        .Put((int)request.Format.Kind).Put((int)(request.Layout ?? 0)).Put(request.Format.GroupSize)
        .Put(request.Rows).Put((long)request.OutFeatures).Put((long)request.InFeatures)
        .Put((int)NativeBackend.ToNative(request.DisabledTiers)).Put(request.VectorBytes);

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
                MinColumns = row.TakeInt64(),
                VectorBytes = row.TakeInt32(),
                IsExact = row.TakeInt32() != 0,
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
