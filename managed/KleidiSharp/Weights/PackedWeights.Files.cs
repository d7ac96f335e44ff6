// SPDX-License-Identifier: Apache-2.0
using Microsoft.Win32.SafeHandles;

namespace KleidiSharp;

/// <content>Packed weights in files.</content>
public sealed partial class PackedWeights
{
    /// <summary>
    /// Opens a file that <see cref="Save(string)"/> wrote, memory-mapped: nothing is copied, and processes share the memory.
    /// The file must not be changed while it is open; replacing it, as Save does, is fine.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="verifyChecksum">Whether to compare the checksum of the weights, which reads them all.</param>
    /// <param name="compute">
    /// Where calls that name no other work; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The file is truncated, corrupt, of another version or something else.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// No kernel of the context reads its layout; <see cref="Load"/> converts it.
    /// </exception>
    public static PackedWeights Map(string path, bool verifyChecksum = true, ComputeContext? compute = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Checked(PackedFile.Map(path, verifyChecksum), path, compute ?? ComputeContext.Default);
    }

    /// <summary>
    /// Maps what <see cref="Save(Stream)"/> wrote into a file together with other things; otherwise as
    /// <see cref="Map(string, bool, ComputeContext?)"/>.
    /// </summary>
    /// <param name="file">A file that is open for reading; it may be closed afterwards.</param>
    /// <param name="offset">Where the weights begin in it, in bytes; a multiple of 64.</param>
    /// <param name="name">What messages call them.</param>
    /// <param name="verifyChecksum">Whether to compare the checksum of the weights, which reads them all.</param>
    /// <param name="compute">
    /// Where calls that name no other work; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="InvalidDataException">They are truncated, corrupt, of another version or something else.</exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context reads their layout.</exception>
    public static PackedWeights Map(
        SafeFileHandle file, long offset, string name, bool verifyChecksum = true, ComputeContext? compute = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentNullException.ThrowIfNull(name);
        if (offset < 0 || offset % PackedShape.Alignment != 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"Packed weights begin at a multiple of {PackedShape.Alignment} bytes.");
        }

        return Checked(PackedFile.Map(file, offset, name, verifyChecksum), name, compute ?? ComputeContext.Default);
    }

    /// <summary>
    /// Opens a file that <see cref="Save(string)"/> wrote on any machine: mapped where its layout is the one this context
    /// packs, else converted in memory.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="verifyChecksum">Whether to compare the checksum of the weights, which reads them all.</param>
    /// <param name="compute">
    /// Where to work, now and in calls that name no other; null for <see cref="ComputeContext.Default"/>.
    /// </param>
    /// <exception cref="InvalidDataException">
    /// The file is truncated, corrupt, of another version or something else.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">No kernel of the context is left for the format.</exception>
    public static PackedWeights Load(string path, bool verifyChecksum = true, ComputeContext? compute = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        compute ??= ComputeContext.Default;
        var mapped = new PackedWeights(PackedFile.Map(path, verifyChecksum), compute);
        try
        {
            KernelInfo preferred = compute.ChooseLayout(mapped.Format, mapped.OutFeatures, mapped.InFeatures);
            if (mapped.Layout == preferred.Layout && mapped.VectorBytes == preferred.VectorBytes)
            {
                compute.Implementation.VerifyLayout(mapped.Layout);
                return mapped;
            }

            using (mapped)
            {
                return mapped.Repack(compute);
            }
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    /// <summary>Writes the packed form to a file, whole or not at all; an older file is replaced.</summary>
    /// <param name="path">The file.</param>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var hold = new BlobHold(this, blob.Memory);
        PackedFile.Save(blob, path);
    }

    /// <summary>
    /// Writes the packed form, <see cref="ByteSize"/> bytes, to a stream: at a multiple of 64 bytes of a file it can be
    /// mapped from there.
    /// </summary>
    /// <param name="stream">Takes the bytes; neither flushed nor closed.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var hold = new BlobHold(this, blob.Memory);
        PackedFile.Write(blob, stream);
    }

    private static PackedWeights Checked(PackedBlob blob, string name, ComputeContext compute)
    {
        try
        {
            RequireLayout(blob.Shape, name, compute);
            return new PackedWeights(blob, compute);
        }
        catch
        {
            blob.Memory.Dispose();
            throw;
        }
    }

    private static void RequireLayout(PackedShape shape, string path, ComputeContext compute)
    {
        try
        {
            compute.Choose(compute.RequestFor(shape, rows: 0), out _);
            compute.Implementation.VerifyLayout(shape.Layout);
        }
        catch (PlatformNotSupportedException e)
        {
            IEnumerable<string> readers = compute.Kernels.Where(kernel => kernel.Layout == shape.Layout)
                .Select(kernel => CpuFeatures.Format(kernel.Needs)).Distinct();
            string needs = string.Join(" or ", readers.DefaultIfEmpty("a processor that this build has no kernels for"));
            string vectors = shape.VectorBytes == 0 ? string.Empty : $" for vectors of {shape.VectorBytes * 8} bits";
            throw new PlatformNotSupportedException(
                $"{path} is packed as {shape.Layout}{vectors}, which needs {needs}; here is {compute.Cpu}. " +
                $"PackedWeights.Load converts it in memory; Save writes the result for this machine. ({e.Message})", e);
        }
    }
}
