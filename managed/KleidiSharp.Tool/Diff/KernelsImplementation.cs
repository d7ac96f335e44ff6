// SPDX-License-Identifier: Apache-2.0
using System.Numerics.Tensors;

namespace KleidiSharp.Tool.Diff;

/// <summary>
/// Kernels of the native library, a device or the managed path, each reached by name. Kernels that are not exact are left
/// out: their results are other bits by design.
/// </summary>
internal sealed class KernelsImplementation : Implementation
{
    private readonly Dictionary<(string? Kernel, int Threads), ComputeContext> contexts = [];
    private readonly ComputeBackend backend;
    private readonly KernelDevice? device;
    private readonly bool asChosen;
    private readonly KernelInfo[] kernels;
    private readonly Dictionary<int, ComparedKernel> compared;

    private KernelsImplementation(ComputeBackend backend, string? command, string which)
    {
        this.backend = backend;
        Name = which;
        device = command is null ? null : KernelDevice.Start(command);
        try
        {
            asChosen = which is ImplementationNames.Chosen or ImplementationNames.Managed;
            ComputeContext all = Context(null, threads: 1);
            KernelInfo[] usable = [.. all.Kernels.Where(kernel => kernel.IsUsable && kernel.IsExact)];
            kernels =
                [.. usable.Where(kernel => asChosen || which is ImplementationNames.All || Tier(kernel) == which)];
            if (kernels.Length == 0)
            {
                throw new ArgumentException(
                    $"No kernel of tier {which} can run here (CPU: {all.Cpu}); usable tiers: "
                    + $"{string.Join(", ", usable.Select(Tier).Distinct())}.");
            }

            compared = kernels.ToDictionary(
                kernel => kernel.Index, kernel => new ComparedKernel(kernel.Name, Tier(kernel), kernel.Kind));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override string Name { get; }

    public override IReadOnlyList<ComparedKernel> Kernels => [.. compared.Values];

    /// <summary>Opens kernels.</summary>
    /// <param name="which">"native", "managed", "all" or a tier.</param>
    /// <param name="command">The device whose kernels they are; null for this process.</param>
    public static KernelsImplementation Open(string which, string? command)
    {
        bool managed = which is ImplementationNames.Managed;
        if (managed && command is not null)
        {
            throw new ArgumentException("A device has no managed kernels.");
        }

        ComputeBackend backend = managed ? ComputeBackend.Managed
            : which is ImplementationNames.All || command is not null ? ComputeBackend.Auto
            : ComputeBackend.Native;
        return new KernelsImplementation(backend, command, which);
    }

    public override QuantizedWeights Quantize(DrawnCase drawn) => Quantizer.Quantize(
        drawn.Weights, drawn.N, drawn.K, drawn.Format, compute: Context(null, drawn.Threads));

    public override IEnumerable<Product> Multiply(DrawnCase drawn, QuantizedWeights? weights)
    {
        var packed = new Dictionary<WeightLayout, PackedWeights>();
        try
        {
            var products = new List<Product>();
            if (asChosen)
            {
                ComputeContext any = Context(null, drawn.Threads);
                PackedWeights preferred = Pack(drawn, weights, any);
                packed.Add(preferred.Layout, preferred);
                KernelInfo chosen = preferred.KernelFor(drawn.M).Kernel;
                return [new Product(compared[chosen.Index], MatMul(drawn, preferred, any))];
            }

            foreach (KernelInfo kernel in kernels.Where(kernel => kernel.Kind == drawn.Format.Kind
                && drawn.M >= kernel.MinRows && drawn.M <= kernel.MaxRows && drawn.N >= kernel.MinColumns))
            {
                ComputeContext only = Context(kernel.Name, drawn.Threads);
                if (!packed.TryGetValue(kernel.Layout, out PackedWeights? blob))
                {
                    blob = Pack(drawn, weights, only);
                    packed.Add(kernel.Layout, blob);
                }

                products.Add(new Product(compared[kernel.Index], MatMul(drawn, blob, only)));
            }

            return products;
        }
        finally
        {
            foreach (PackedWeights blob in packed.Values)
            {
                blob.Dispose();
            }
        }
    }

    public override void Dispose()
    {
        foreach (ComputeContext context in contexts.Values)
        {
            context.Dispose();
        }

        device?.Dispose();
    }

    private static string Tier(KernelInfo kernel) => kernel.Tier.ToString().ToLowerInvariant();

    private static PackedWeights Pack(DrawnCase drawn, QuantizedWeights? weights, ComputeContext context) => weights is null
        ? PackedWeights.Quantize(drawn.Weights, drawn.N, drawn.K, drawn.Format, drawn.Bias, context)
        : PackedWeights.Pack(weights, drawn.Bias, context);

    private static float[] MatMul(DrawnCase drawn, PackedWeights packed, ComputeContext context)
    {
        if (!drawn.IsFloat32)
        {
            var bytes = new byte[drawn.M * drawn.N * drawn.YFormat.ElementSize];
            packed.MatMul(drawn.TypedDenseX(), drawn.XFormat, bytes, drawn.YFormat, drawn.M, drawn.Clamp, context);
            return ActivationBytes.Values(bytes, drawn.YFormat);
        }

        var y = new float[((drawn.M - 1) * drawn.YStride) + drawn.N];
        packed.MatMul(
            new ReadOnlyTensorSpan<float>(drawn.X, [drawn.M, drawn.K], Strides(drawn.M, drawn.K, drawn.XStride)),
            new TensorSpan<float>(y, [drawn.M, drawn.N], Strides(drawn.M, drawn.N, drawn.YStride)),
            drawn.Clamp,
            context);
        if (drawn.YStride == drawn.N)
        {
            return y;
        }

        var dense = new float[drawn.M * drawn.N];
        for (int row = 0; row < drawn.M; row++)
        {
            y.AsSpan(row * drawn.YStride, drawn.N).CopyTo(dense.AsSpan(row * drawn.N));
        }

        return dense;
    }

    // A tensor's dimension of one element has no stride.
    private static nint[] Strides(int rows, int columns, int rowStride) =>
        [rows > 1 ? rowStride : 0, columns > 1 ? 1 : 0];

    // The context in which weights are packed for that kernel and multiplied by it; null for those that are chosen.
    private ComputeContext Context(string? kernel, int threads)
    {
        if (!contexts.TryGetValue((kernel, threads), out ComputeContext? context))
        {
            context = new ComputeContext(new ComputeOptions
            {
                Backend = device is null ? backend : ComputeBackend.Auto,
                Device = device,
                Threads = threads,
                EnabledTiers = asChosen ? KernelTiers.None : KernelTiers.Sme | KernelTiers.Sme2,
                Kernel = kernel,
            });
            contexts.Add((kernel, threads), context);
        }

        return context;
    }
}
