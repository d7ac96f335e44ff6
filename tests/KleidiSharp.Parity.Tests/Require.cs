// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.KernelTests;

/// <summary>What a test needs from its surroundings: without it the test is skipped, and in CI it fails.</summary>
internal static class Require
{
    public static void That(bool present, string otherwise)
    {
        if (Environment.GetEnvironmentVariable("CI") is "true")
        {
            Assert.True(present, otherwise);
        }

        Skip.IfNot(present, otherwise);
    }
}
