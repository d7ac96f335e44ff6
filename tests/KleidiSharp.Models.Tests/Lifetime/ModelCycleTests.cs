// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
using KleidiSharp.Tests;
using KleidiSharp.Tests.Lifetime;

namespace KleidiSharp.Models.Tests.Lifetime;

/// <summary>Sessions, models and files leave nothing behind; see <see cref="NativeMemoryCheck"/>.</summary>
[Collection(SerialTests.Name)]
public sealed class ModelCycleTests : IDisposable
{
    private readonly TemporaryFile file = new TinyLlama().ToFile();

    public void Dispose() => file.Dispose();

    [Fact]
    public void Sessions()
    {
        using LlamaModel model = LlamaModel.Load(file.Name);
        NativeMemoryCheck.StaysLevel(10_000, () =>
        {
            using LlamaSession session = model.CreateSession();
            session.Forward([1, 2, 3]);
        });
    }

    // A tenth of the others: each packs fifteen matrices and starts two threads.
    [Fact]
    public void Models_in_contexts_of_their_own()
    {
        NativeMemoryCheck.StaysLevel(1000, () =>
        {
            using var compute = new ComputeContext(new ComputeOptions { Threads = 3 });
            using LlamaModel model = LlamaModel.Load(file.Name, new LoadOptions { Compute = compute });
            using LlamaSession session = model.CreateSession();
            session.Forward([1, 2, 3]);
        });
        NothingIsOpen();
    }

    [Fact]
    public void Files()
    {
        NativeMemoryCheck.StaysLevel(10_000, () => GgufFile.Open(file.Name).Dispose());
        NothingIsOpen();
    }

    private void NothingIsOpen()
    {
        Assert.DoesNotContain(File.ReadLines("/proc/self/maps"), line => line.EndsWith(file.Name, StringComparison.Ordinal));
        Assert.DoesNotContain(new DirectoryInfo("/proc/self/fd").GetFiles(), descriptor => descriptor.LinkTarget == file.Name);
    }
}
#endif
