// SPDX-License-Identifier: Apache-2.0
#if KLEIDISHARP_TRACK_HANDLES
namespace KleidiSharp.Tests.Lifetime;

/// <summary>After all other tests of the assembly; this file is part of several test projects.</summary>
[Collection(LastTests.Name)]
public sealed class FinalizedHandlesTests
{
    [Fact]
    public void Nothing_is_left_once_the_default_context_has_ended()
    {
        ComputeContext.Default.Implementation.Dispose();
        FinalizedHandles.Collect();
        Assert.Equal((0, 0), HandleLedger.Live);
    }

    [Fact]
    public void No_test_left_a_handle_to_the_finalizer_that_does_not_say_so()
    {
        FinalizedHandles.Collect();
        Assert.Empty(HandleLedger.TakeFinalized());
    }
}
#endif
