// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tests;

public sealed class KernelDeviceTests
{
    private static readonly WeightFormat s_int4 = WeightFormat.Int4Group(32);

    [SkippableFact]
    public void A_device_says_what_it_is()
    {
        using KernelDevice device = KernelDevice.Start(Require.Device());
        using ComputeContext native = Require.Context(ComputeBackend.Native);
        Assert.NotEmpty(device.LibraryVersion);
        Assert.NotEmpty(device.Platform);
        Assert.Equal(native.Cpu.ToString(), device.Cpu.ToString());
        Assert.Equal(native.Cpu.Architecture, device.Cpu.Architecture);
        Assert.Equal(native.Kernels.Select(kernel => kernel with { IsEnabled = true }), device.Kernels);
    }

    [SkippableFact]
    public void A_context_packs_and_multiplies_on_a_device()
    {
        using KernelDevice device = KernelDevice.Start(Require.Device());
        using ComputeContext compute = new(new ComputeOptions { Device = device, Threads = 2 });
        Assert.Equal(ComputeBackend.Device, compute.Backend);
        using ComputeContext native = Require.Context(ComputeBackend.Native);
        var drawn = new Drawn(1);
        float[] w = drawn.Values(11 * 64);
        float[] bias = drawn.Values(11);
        float[] x = drawn.Values(3 * 70);
        foreach (WeightFormat format in Formats.All(32))
        {
            var expected = new float[3 * 11];
            var actual = new float[3 * 11];
            using PackedWeights there = PackedWeights.Quantize(w, 11, 64, format, bias, compute);
            using PackedWeights here = PackedWeights.Quantize(w, 11, 64, format, bias, native);
            here.MatMul(x, expected, 3, Clamp.Relu);
            there.MatMul(x, actual, 3, Clamp.Relu);
            Parity.AssertSameBits(expected, actual);
            Array.Clear(actual);
            here.MatMul(x, actual, 3, Clamp.Relu, compute);
            Parity.AssertSameBits(expected, actual);
            Assert.Equal(here.KernelFor(3).Kernel, there.KernelFor(3).Kernel);
        }
    }

    [SkippableFact]
    public void Every_operation_of_the_protocol_is_served()
    {
        using KernelDevice device = KernelDevice.Start(Require.Device());
        var drawn = new Drawn(2);
        float[] bias = drawn.Values(9);
        foreach (PackedLayout layout in PackedLayout.All)
        {
            device.VerifyLayout(layout.Layout);
            WeightFormat format = Formats.Of(layout.Kind, 32);
            QuantizedWeights weights = drawn.Weights(format, 9, 96);
            var shape = new PackedShape(format, layout.Layout, 9, 96, layout.Columns == 0 ? 64 : 0);
            byte[] blob = Packer.Use(weights, bias, source => device.Pack(shape, source));
            long id = device.Load(blob);
            Assert.Equal((shape, true, (long)blob.Length), Without(device.Describe(id, verify: true)));
            using LogicalWeights unpacked = device.Unpack(id, shape);
            Packer.AssertSame(weights, bias, unpacked);
            device.Free(id);
            Assert.Contains("is not a loaded blob", Assert.Throws<ArgumentException>(() => device.Free(id)).Message, StringComparison.Ordinal);
        }

        var request = new KernelRequest(s_int4, null, 1, 9, 96, KernelTiers.None);
        int chosen = device.Select(request);
        Assert.Equal(KernelReject.None, device.Check(chosen, request));
        Assert.Throws<PlatformNotSupportedException>(() => device.Select(request with { DisabledTiers = (KernelTiers)(-1) }));

        static (PackedShape, bool, long) Without((PackedShape Shape, bool HasBias, long Size, ulong Checksum) all) =>
            (all.Shape, all.HasBias, all.Size);
    }

    [SkippableFact]
    public void Blobs_are_sent_once_and_freed_with_their_memory()
    {
        using KernelDevice device = KernelDevice.Start(Require.Device());
        using ComputeContext compute = new(new ComputeOptions { Device = device });
        Assert.Equal(1, compute.Threads);

        // More blobs than a device keeps at once.
        for (int i = 0; i < 300; i++)
        {
            using PackedWeights packed = PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: compute);
            packed.MatMul([2f], new float[1], 1);
            packed.MatMul([2f], new float[1], 1);
        }

        using PackedWeights kept = PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: compute);
        kept.MatMul([2f], new float[1], 1);
        long next = device.Load([1]);
        Assert.Equal(302, next);
        compute.Dispose();
        Assert.Throws<ArgumentException>(() => device.Free(next - 1));
        device.Free(next);
    }

    [Theory]
    [InlineData("sh -c 'echo it broke >&2; exit 3'", "ended with exit code 3. It printed: it broke")]
    [InlineData("sh -c 'exit 0'", "ended with exit code 0. It printed no error.")]
    [InlineData("cat", "'cat' does not answer as a kernel device does: The kernel device answered with status 1.")]
    [InlineData("sh -c 'yes | head -c 100; cat >/dev/null'", "does not speak the protocol of a kernel device: it sent 790A")]
    [InlineData("/nonexistent/device", "'/nonexistent/device' cannot be started")]
    public void What_is_no_device_is_explained(string command, string message)
    {
        var error = Assert.Throws<KernelDeviceException>(() => KernelDevice.Start(command));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_device_that_dies_is_reported_and_one_that_was_closed_is_disposed()
    {
        // A shell that lets the greeting and the kernel table through, and then ends its input.
        string device = Require.Device().Trim('\'');
        KernelDevice real = KernelDevice.Start($"'{device}'");
        int rows = real.Kernels.Count;
        real.Dispose();
        real.Dispose();
        Assert.Throws<ObjectDisposedException>(() => real.Check(0, default));

        int bytes = 16 + (rows * 20);
        using KernelDevice dying = KernelDevice.Start($"sh -c 'dd bs=1 count={bytes} 2>/dev/null | \"{device}\"; echo gone >&2; exit 4'");
        using ComputeContext compute = new(new ComputeOptions { Device = dying });
        var error = Assert.Throws<KernelDeviceException>(() => PackedWeights.Quantize([1f], 1, 1, WeightFormat.Float32, compute: compute));
        Assert.Contains("ended with exit code 4. It printed: gone", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_device_that_never_answers_can_be_disposed_of()
    {
        // A shell that lets the greeting and the kernel table through, and then keeps the output open.
        string device = Require.Device().Trim('\'');
        int bytes;
        using (KernelDevice real = KernelDevice.Start($"'{device}'"))
        {
            bytes = 16 + (real.Kernels.Count * 20);
        }

        KernelDevice hanging = KernelDevice.Start($"sh -c 'dd bs=1 count={bytes} 2>/dev/null | \"{device}\"; sleep 60'");
        Task<KernelDeviceException> request = Task.Factory.StartNew(
            () => Assert.Throws<KernelDeviceException>(() => hanging.Check(0, default)), TaskCreationOptions.LongRunning);
        await Task.Delay(300);
        await Task.Factory.StartNew(hanging.Dispose, TaskCreationOptions.LongRunning).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Contains("ended with exit code", (await request).Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Options_that_contradict_a_device_are_refused()
    {
        Assert.Contains("Backend Device needs a Device", Refused(new ComputeOptions { Backend = ComputeBackend.Device }), StringComparison.Ordinal);
        using KernelDevice device = KernelDevice.Start(Require.Device());
        Assert.Contains(
            "Backend Managed does not go with a Device",
            Refused(new ComputeOptions { Backend = ComputeBackend.Managed, Device = device }),
            StringComparison.Ordinal);
        Assert.Contains("RequireNative does not go", Refused(new ComputeOptions { RequireNative = true, Device = device }), StringComparison.Ordinal);

        static string Refused(ComputeOptions options) => Assert.Throws<ArgumentException>(() => new ComputeContext(options)).Message;
    }
}
