// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;

namespace KleidiSharp.Extensions.AI;

internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Model {ModelId} loaded from {Path}; its context holds {ContextLength} tokens")]
    public static partial void Loaded(ILogger logger, string? modelId, string path, int contextLength);

    [LoggerMessage(2, LogLevel.Debug,
        "Response {ResponseId}: {Input} tokens in, {Cached} of them seen before; {Output} out; ended by {FinishReason}")]
    public static partial void Answered(
        ILogger logger, string responseId, long? input, long? cached, long? output, ChatFinishReason? finishReason);
}
