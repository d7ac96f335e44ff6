// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Models.Jinja;

namespace KleidiSharp.Models;

/// <summary>
/// How a model wants a conversation written: the Jinja template that model files carry, run as transformers runs it.
/// Immutable and safe for use from several threads.
/// </summary>
/// <remarks>
/// <para>
/// The language is a part of Jinja: text, output, comments, <c>if</c>, <c>for</c>, <c>set</c>, <c>break</c>,
/// <c>continue</c>, expressions over strings, whole numbers, lists and dictionaries, and the filters, tests, methods and
/// functions that templates use. What is not there is refused when the template is read, never left out.
/// </para>
/// <para>
/// Control tokens are read from what the template writes, never from what messages say: see <see cref="PromptText"/>.
/// What only looks like structure, as "[INST]" does where it is no token, is text like any other.
/// </para>
/// </remarks>
public sealed class ChatTemplate
{
    private const string MetadataKey = "tokenizer.chat_template";
    private const int MaxLength = 1 << 20;

    // A template may build a control token from one of these, "<|" + role + "|>"; any other role is a message's text.
    private static readonly string[] KnownRoles = ["system", "developer", "user", "assistant", "model", "tool"];

    private readonly TemplateSource source;
    private readonly Statement[] statements;
    private readonly TimeProvider clock;
    private readonly PromptText? bos;
    private readonly PromptText? eos;

    private ChatTemplate(string origin, string text, Tokenizer tokenizer, TimeProvider? clock)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(tokenizer);
        source = new TemplateSource(origin, text);
        if (text.Length > MaxLength)
        {
            throw source.Fault(0, $"the template has {text.Length} characters, more than {MaxLength}");
        }

        statements = StatementParser.Parse(source);
        this.clock = clock ?? TimeProvider.System;
        Text = text;
        Tokenizer = tokenizer;
        bos = Special(tokenizer.BosId);
        eos = Special(tokenizer.EosId);
        TurnEnd = FindTurnEnd();

        PromptText? Special(int? id) => id is null ? null : PromptText.Trusted(tokenizer.GetText(id.Value));
    }

    /// <summary>The template itself.</summary>
    public string Text { get; }

    /// <summary>The vocabulary whose tokens the template writes.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>
    /// The first control token that the template writes after what an assistant says, and with which the model
    /// therefore ends its answer, besides those of <see cref="Tokenizer.EndIds"/>; null where there is none, or the
    /// template does not take a plain conversation.
    /// </summary>
    public int? TurnEnd { get; }

    /// <summary>Whether a token ends an answer: <see cref="TurnEnd"/>, or one at which every generation stops.</summary>
    public bool EndsAnswer(int token) => token == TurnEnd || Tokenizer.Ends(token);

    /// <summary>Reads the template of a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="clock">What a template that writes the date gets it from; null for the system's.</param>
    /// <returns>The template, or null where the model's file has none.</returns>
    /// <exception cref="ChatTemplateException">The template is not well-formed.</exception>
    /// <exception cref="NotSupportedException">The template uses what this library's part of Jinja has not.</exception>
    public static ChatTemplate? FromGguf(LlamaModel model, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        return FromGguf(model.File, model.Tokenizer, clock);
    }

    /// <summary>Reads the template of a GGUF file.</summary>
    /// <param name="file">The file; it may be closed afterwards.</param>
    /// <param name="tokenizer">The file's vocabulary.</param>
    /// <param name="clock">What a template that writes the date gets it from; null for the system's.</param>
    /// <returns>The template, or null where the file has none.</returns>
    /// <exception cref="ChatTemplateException">The template is not well-formed.</exception>
    /// <exception cref="NotSupportedException">The template uses what this library's part of Jinja has not.</exception>
    public static ChatTemplate? FromGguf(GgufFile file, Tokenizer tokenizer, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(file);
        return file.Metadata.GetString(MetadataKey, null) is { } text
            ? new ChatTemplate($"{file.Path}: {MetadataKey}", text, tokenizer, clock)
            : null;
    }

    /// <summary>Reads a template that a caller brings, for a model that has none or another.</summary>
    /// <param name="text">The template.</param>
    /// <param name="tokenizer">The vocabulary whose tokens it writes.</param>
    /// <param name="clock">What a template that writes the date gets it from; null for the system's.</param>
    /// <exception cref="ChatTemplateException">The template is not well-formed.</exception>
    /// <exception cref="NotSupportedException">The template uses what this library's part of Jinja has not.</exception>
    public static ChatTemplate Parse(string text, Tokenizer tokenizer, TimeProvider? clock = null) =>
        new("the template", text, tokenizer, clock);

    /// <summary>Writes a conversation.</summary>
    /// <param name="turns">The messages in order.</param>
    /// <param name="addGenerationPrompt">Whether the text ends where an answer of the assistant begins.</param>
    /// <exception cref="ArgumentException">
    /// The template itself refuses the conversation, for instance roles that do not alternate; the message is the
    /// template's own.
    /// </exception>
    /// <exception cref="ChatTemplateException">
    /// The template does what its language does not allow, or wants too much time or memory.
    /// </exception>
    /// <exception cref="NotSupportedException">The template uses what this library's part of Jinja has not.</exception>
    public PromptText Render(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt = true)
    {
        ArgumentNullException.ThrowIfNull(turns);
        var scope = new Scope(null)
        {
            ["messages"] = turns.Select(ToMapping).ToArray<object?>(),
            ["add_generation_prompt"] = addGenerationPrompt,
            ["tools"] = null,
            ["documents"] = null,
        };
        foreach ((string name, Builtin function) in Functions.All)
        {
            scope[name] = function; // a template may ask whether it is defined
        }

        if (bos is not null)
        {
            scope["bos_token"] = bos;
        }

        if (eos is not null)
        {
            scope["eos_token"] = eos;
        }

        return new StatementEvaluator(new Runtime(source, clock)).Run(statements, scope);
    }

    /// <summary>The tokens of a conversation, as <see cref="Render"/> writes it.</summary>
    /// <param name="turns">The messages in order.</param>
    /// <param name="addGenerationPrompt">Whether the tokens end where an answer of the assistant begins.</param>
    /// <returns>
    /// The tokens; <see cref="Tokenizer.BosId"/> begins them once where the model wants that, whether or not the template
    /// writes it.
    /// </returns>
    public int[] Encode(IReadOnlyList<ChatTurn> turns, bool addGenerationPrompt = true) =>
        Tokenizer.Encode(Render(turns, addGenerationPrompt));

    private static Mapping ToMapping(ChatTurn turn)
    {
        bool known = KnownRoles.Contains(turn.Role);
        return new Mapping(
        [
            new(PromptText.Trusted("role"), known ? PromptText.Trusted(turn.Role) : PromptText.Untrusted(turn.Role)),
            new(PromptText.Trusted("content"), PromptText.Untrusted(turn.Content)),
        ]);
    }

    private int? FindTurnEnd()
    {
        PromptText conversation;
        try
        {
            conversation = Render([new ChatTurn("user", "a"), new ChatTurn("assistant", "b")], addGenerationPrompt: false);
        }
        catch (Exception e) when (e is ArgumentException or ChatTemplateException or NotSupportedException)
        {
            return null;
        }

        PromptPiece[] pieces = [.. conversation.Pieces];
        return pieces.Length > 1 && pieces[^1].IsTrusted && !pieces[^2].IsTrusted
            ? Tokenizer.FirstMark(pieces[^1].Text)
            : null;
    }
}
