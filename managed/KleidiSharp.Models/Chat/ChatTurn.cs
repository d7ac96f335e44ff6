// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>One message of a conversation.</summary>
public sealed record ChatTurn
{
    /// <summary>A message.</summary>
    /// <param name="role">
    /// Who speaks: what the model's template knows, mostly "system", "user" and "assistant"; some know "tool".
    /// </param>
    /// <param name="content">What is said. It never becomes a control token, whatever it says.</param>
    public ChatTurn(string role, string content)
    {
        ArgumentException.ThrowIfNullOrEmpty(role);
        ArgumentNullException.ThrowIfNull(content);
        Role = role;
        Content = content;
    }

    /// <summary>Who speaks.</summary>
    public string Role { get; }

    /// <summary>What is said.</summary>
    public string Content { get; }
}
