// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Doctor;

/// <summary>
/// Kernels against the C# reference, to the bit: awkward shapes, bias, clamp, groups, and a row that is not finite. Each is
/// reached by its name, whatever others are preferred to it.
/// </summary>
/// <param name="open">Opens a context in which the kernel of that name packs and multiplies.</param>
internal sealed class SelfTest(Func<string, ComputeContext> open)
{
    private static readonly SelfTestCase[] s_cases =
    [
        new(Rows: 1, OutFeatures: 1, InFeatures: 32, Group: 32, Bias: false, Clamp.None),
        new(Rows: 1, OutFeatures: 130, InFeatures: 256, Group: 64, Bias: true, Clamp.None),
        new(Rows: 2, OutFeatures: 33, InFeatures: 96, Group: 96, Bias: true, Clamp.Relu6),
        new(Rows: 3, OutFeatures: 31, InFeatures: 128, Group: 32, Bias: false, Clamp.Relu),
        new(Rows: 5, OutFeatures: 8, InFeatures: 512, Group: 256, Bias: true, Clamp.None),
        new(Rows: 8, OutFeatures: 64, InFeatures: 160, Group: 32, Bias: true, new Clamp(-0.5f, 0.25f)),
        new(Rows: 37, OutFeatures: 71, InFeatures: 192, Group: 64, Bias: true, Clamp.None),

        // Formats that take any number of values a row only.
        new(Rows: 4, OutFeatures: 35, InFeatures: 77, Group: 32, Bias: true, Clamp.None),
    ];

    /// <summary>Tests one kernel.</summary>
    /// <param name="kernel">A kernel that can run here.</param>
    public SelfTestReport Run(KernelInfo kernel)
    {
        using ComputeContext compute = open(kernel.Name);
        int passed = 0;
        foreach (SelfTestCase test in s_cases.Where(test => test.Fits(kernel.Kind)).Select(test => test.For(kernel)))
        {
            try
            {
                using PackedWeights packed = test.Pack(kernel.Kind, compute);
                test.Check(packed);
                passed++;
            }
            catch (Exception e) when (e is PlatformNotSupportedException or ParityException)
            {
                return new SelfTestReport(kernel.Name, false, passed, $"{e.Message} ({test})");
            }
        }

        return new SelfTestReport(kernel.Name, true, passed, null);
    }
}
