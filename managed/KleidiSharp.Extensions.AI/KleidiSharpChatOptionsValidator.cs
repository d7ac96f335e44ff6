// SPDX-License-Identifier: Apache-2.0
using Microsoft.Extensions.Options;

namespace KleidiSharp.Extensions.AI;

/// <summary>Checks options before a model is loaded.</summary>
internal sealed class KleidiSharpChatOptionsValidator : IValidateOptions<KleidiSharpChatOptions>
{
    private const int MostSessions = 1024;

    public ValidateOptionsResult Validate(string? name, KleidiSharpChatOptions options) =>
        FindFault(options) is { } fault
            ? ValidateOptionsResult.Fail(string.IsNullOrEmpty(name) ? fault : $"'{name}': {fault}")
            : ValidateOptionsResult.Success;

    /// <summary>What is wrong first; null for nothing.</summary>
    public static string? FindFault(KleidiSharpChatOptions options) => options switch
    {
        { ModelPath: null or "" } => "KleidiSharpChatOptions.ModelPath is empty; it names the model's GGUF file.",
        { Load: null } => "KleidiSharpChatOptions.Load is null; it says how the model is loaded.",
        { Sampling: null } => "KleidiSharpChatOptions.Sampling is null; it says how tokens are chosen.",
        { ModelId: "" } => "KleidiSharpChatOptions.ModelId is empty; it is a name, or null for the file's.",
        { MaxSessions: < 1 or > MostSessions } =>
            $"KleidiSharpChatOptions.MaxSessions is {options.MaxSessions}; it must be 1 to {MostSessions}.",
        _ when !File.Exists(options.ModelPath) =>
            $"KleidiSharpChatOptions.ModelPath is '{options.ModelPath}', where there is no file.",
        _ => null,
    };
}
