// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Extensions.AI.Tests;

public sealed class GateTests
{
    [Fact]
    public async Task ClosingWaitsForTheWorkInsideAndEndsItEarly()
    {
        using var gate = new Gate("the owner");
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        Task<Exception> work = gate.RunAsync(
            () =>
            {
                gate.Check(CancellationToken.None);
                entered.Set();
                release.Wait();
                return Record.Exception(() => gate.Check(CancellationToken.None));
            },
            CancellationToken.None);
        entered.Wait();
        Task<bool> closing = Task.Run(gate.Close);
        Assert.True(SpinWait.SpinUntil(() => Record.Exception(gate.ThrowIfClosed) is not null, TimeSpan.FromMinutes(1)));
        await Task.Delay(50);
        Assert.False(closing.IsCompleted);
        release.Set();
        Assert.True(await closing);
        Assert.IsType<ObjectDisposedException>(await work);
        Assert.False(gate.Close());
        Assert.Throws<ObjectDisposedException>(gate.ThrowIfClosed);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => gate.RunAsync(() => 1, CancellationToken.None));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => gate.AwaitAsync(Task.FromResult, CancellationToken.None));
    }

    [Fact]
    public async Task WorkLearnsOfItsCancellation()
    {
        using var gate = new Gate("the owner");
        using var cancellation = new CancellationTokenSource();
        Task<int> work = gate.RunAsync(
            () =>
            {
                cancellation.Cancel();
                gate.Check(cancellation.Token);
                return 1;
            },
            cancellation.Token);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => work);
        Assert.True(work.IsCanceled);
        Assert.True(gate.Close()); // nothing is inside any more
    }
}
