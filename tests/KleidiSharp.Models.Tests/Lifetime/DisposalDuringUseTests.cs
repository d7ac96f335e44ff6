// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Tests.Lifetime;

namespace KleidiSharp.Models.Tests.Lifetime;

/// <summary>Models and files are disposed of while other threads use them: what is given is right, then it is refused.</summary>
public sealed class DisposalDuringUseTests : IDisposable
{
    private const int Rounds = 20;

    private readonly TemporaryFile file = new TinyLlama().ToFile();

    public void Dispose() => file.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_model(int threads)
    {
        using var compute = new ComputeContext(new ComputeOptions { Threads = threads });
        float[] expected;
        using (LlamaModel model = Load(compute))
        {
            expected = model.CreateSession().Forward([1, 5, 6]).ToArray();
        }

        for (int round = 0; round < Rounds; round++)
        {
            LlamaModel model = Load(compute);
            LlamaSession[] sessions = [model.CreateSession(), model.CreateSession(), model.CreateSession()];
            UntilDisposed.Run(
                [
                    .. sessions.Select(session => (Action)(() =>
                    {
                        session.Rewind(0);
                        Assert.Equal(expected, session.Forward([1, 5, 6]).ToArray());
                    })),
                ],
                model);
        }
    }

    [Fact]
    public void A_file()
    {
        using GgufFile whole = GgufFile.Open(file.Name);
        GgufTensor tensor = whole.GetTensor("token_embd.weight");
        var expected = new float[tensor.ElementCount];
        whole.ReadFloats(tensor, 0, expected);
        for (int round = 0; round < Rounds; round++)
        {
            GgufFile opened = GgufFile.Open(file.Name);
            UntilDisposed.Run(
                [
                    .. Enumerable.Range(0, 3).Select(_ => (Action)(() =>
                    {
                        var values = new float[expected.Length];
                        opened.ReadFloats(tensor, 0, values);
                        Assert.Equal(expected, values);
                    })),
                ],
                opened);
        }
    }

    private LlamaModel Load(ComputeContext compute) => LlamaModel.Load(file.Name, new LoadOptions { Compute = compute });
}
