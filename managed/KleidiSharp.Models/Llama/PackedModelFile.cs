// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace KleidiSharp.Models;

/// <summary>
/// The packed matrices of a model in one file of a folder, little-endian: at 0 "KSMODEL1"; at 8 the number of matrices
/// (64 bits); at 16 the length of the file (64 bits); at 24 what it was made from, a SHA-256; zeros; from 64 on the
/// matrices as <see cref="PackedWeights.Save(Stream)"/> writes them, one after another.
/// </summary>
internal sealed class PackedModelFile
{
    private const int HeaderSize = 64;

    private readonly string path;
    private readonly byte[] origin;
    private readonly IReadOnlyList<LinearPlan> plans;
    private readonly ComputeContext compute;

    /// <param name="folder">Where the file is, or is to be.</param>
    /// <param name="file">The model.</param>
    /// <param name="plans">Its matrices.</param>
    /// <param name="mapping">How scales of int4 weights follow from their values.</param>
    /// <param name="compute">What packs and multiplies.</param>
    public PackedModelFile(
        string folder, GgufFile file, IReadOnlyList<LinearPlan> plans, Int4Mapping mapping, ComputeContext compute)
    {
        this.plans = plans;
        this.compute = compute;

        // Two models, two formats and two processors have a file each; a model that changes replaces its own.
        string target = string.Join('\n',
        [
            Path.GetFullPath(file.Path),
            mapping.ToString(),
            .. plans.Select(plan => string.Create(
                CultureInfo.InvariantCulture,
                $"{string.Join(' ', plan.Tensors.Select(t => t.Name))} {plan.OutFeatures} {plan.InFeatures} {plan.Format}")),
            .. compute.Kernels.Select(kernel => string.Create(
                CultureInfo.InvariantCulture,
                $"{kernel.Name} {kernel.Layout} {kernel.VectorBytes} {kernel.IsUsable}")),
            compute.Kernel ?? string.Empty,
        ]);
        byte[] targetHash = SHA256.HashData(Encoding.UTF8.GetBytes(target));
        var name = $"{Path.GetFileName(file.Path)}.{Convert.ToHexString(targetHash.AsSpan(0, 8))}.kspacked";
        path = Path.Combine(folder, name);
        origin = Origin(file, targetHash);
    }

    /// <summary>Maps the matrices; null where there is no file, or one that does not belong to this model as it is now.</summary>
    /// <exception cref="InvalidDataException">The file is damaged in a way that its origin does not show.</exception>
    public PackedWeights[]? TryMap()
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        using (file)
        {
            Span<byte> header = stackalloc byte[HeaderSize];
            return RandomAccess.Read(file, header, 0) == HeaderSize
                && header.SequenceEqual(Header(RandomAccess.GetLength(file)))
                ? Map(file)
                : null;
        }
    }

    /// <summary>
    /// Writes the matrices to a file beside the target and renames it, so that nobody ever sees half a file; of several
    /// that do so at once the last one wins, with the same bytes.
    /// </summary>
    /// <param name="pack">Packs one matrix, which is disposed of here.</param>
    public void Write(Func<LinearPlan, PackedWeights> pack)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        string temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                stream.Position = HeaderSize;
                foreach (LinearPlan plan in plans)
                {
                    using PackedWeights weights = pack(plan);
                    weights.Save(stream);
                }

                long length = stream.Position;
                stream.Position = 0;
                stream.Write(Header(length));
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private PackedWeights[] Map(SafeFileHandle file)
    {
        var mapped = new PackedWeights[plans.Count];
        int count = 0;
        try
        {
            long offset = HeaderSize;
            foreach (LinearPlan plan in plans)
            {
                PackedWeights weights = PackedWeights.Map(file, offset, $"{path} at byte {offset}", verifyChecksum: false, compute);
                mapped[count++] = weights;
                if (weights.Format != plan.Format || weights.OutFeatures != plan.OutFeatures || weights.InFeatures != plan.InFeatures)
                {
                    throw new InvalidDataException(
                        $"{path} at byte {offset} holds {weights}, expected {plan.Format} [{plan.OutFeatures}, {plan.InFeatures}]; "
                        + "delete the file, and it is made anew.");
                }

                offset += weights.ByteSize;
            }

            return mapped;
        }
        catch
        {
            Array.ForEach(mapped[..count], weights => weights.Dispose());
            throw;
        }
    }

    private byte[] Header(long length)
    {
        var header = new byte[HeaderSize];
        "KSMODEL1"u8.CopyTo(header);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(8), plans.Count);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), length);
        origin.CopyTo(header, 24);
        return header;
    }

    // The model's metadata and tensor table, its length and when it was written; its weights would take too long to read.
    private static byte[] Origin(GgufFile file, byte[] target)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(target);
        hash.AppendData(BitConverter.GetBytes(file.Length));
        hash.AppendData(BitConverter.GetBytes(file.LastWriteTimeUtc.Ticks));
        var buffer = new byte[1 << 16];
        for (long position = 0; position < file.HeaderLength; position += buffer.Length)
        {
            Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(buffer.Length, file.HeaderLength - position));
            file.ReadBytes(position, bytes);
            hash.AppendData(bytes);
        }

        return hash.GetHashAndReset();
    }
}
