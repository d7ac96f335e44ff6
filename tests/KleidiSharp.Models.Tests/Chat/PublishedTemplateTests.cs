// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

/// <summary>Templates in the manner of those that well-known models are published with, and what they write.</summary>
public class PublishedTemplateTests
{
    private const string Llama2 =
        "{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}{% set system_message = messages[0]['content'] %}"
        + "{% else %}{% set loop_messages = messages %}{% set system_message = false %}{% endif %}"
        + "{% for message in loop_messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        + "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
        + "{% if loop.index0 == 0 and system_message != false %}"
        + "{% set content = '<<SYS>>\\n' + system_message + '\\n<</SYS>>\\n\\n' + message['content'] %}"
        + "{% else %}{% set content = message['content'] %}{% endif %}"
        + "{% if message['role'] == 'user' %}{{ bos_token + '[INST] ' + content.strip() + ' [/INST]' }}"
        + "{% elif message['role'] == 'assistant' %}{{ ' ' + content.strip() + ' ' + eos_token }}{% endif %}{% endfor %}";

    private const string Llama3 =
        """
        {{- bos_token }}
        {%- if not date_string is defined %}
            {%- if strftime_now is defined %}
                {%- set date_string = strftime_now("%d %b %Y") %}
            {%- else %}
                {%- set date_string = "26 Jul 2024" %}
            {%- endif %}
        {%- endif %}
        {%- if messages[0]['role'] == 'system' %}
            {%- set system_message = messages[0]['content']|trim %}
            {%- set messages = messages[1:] %}
        {%- else %}
            {%- set system_message = "" %}
        {%- endif %}

        {{- "<|start_header_id|>system<|end_header_id|>\n\n" }}
        {%- if tools is not none %}
            {{- "Environment: ipython\n" }}
            {%- for t in tools %}
                {{- t | tojson(indent=4) }}
            {%- endfor %}
        {%- endif %}
        {{- "Today Date: " + date_string + "\n\n" }}
        {{- system_message }}
        {{- "<|eot_id|>" }}
        {%- for message in messages %}
            {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
                {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'+ message['content'] | trim + '<|eot_id|>' }}
            {%- endif %}
        {%- endfor %}
        {%- if add_generation_prompt %}
            {{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}
        {%- endif %}

        """;

    private const string ChatMl =
        "{%- if messages[0]['role'] == 'system' %}\n    {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n"
        + "{%- else %}\n    {{- '<|im_start|>system\\nYou are helpful.<|im_end|>\\n' }}\n{%- endif %}\n"
        + "{%- for message in messages %}\n"
        + "    {%- if (message.role == \"user\") or (message.role == \"system\" and not loop.first) or (message.role == \"assistant\" and not message.tool_calls) %}\n"
        + "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n"
        + "    {%- endif %}\n{%- endfor %}\n"
        + "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n";

    private const string Zephyr =
        """
        {% for message in messages %}
        {% if message['role'] == 'user' %}
        {{ '<|user|>\n' + message['content'] + eos_token }}
        {% elif message['role'] == 'system' %}
        {{ '<|system|>\n' + message['content'] + eos_token }}
        {% elif message['role'] == 'assistant' %}
        {{ '<|assistant|>\n'  + message['content'] + eos_token }}
        {% endif %}
        {% if loop.last and add_generation_prompt %}
        {{ '<|assistant|>' }}
        {% endif %}
        {% endfor %}
        """;

    private const string Mistral =
        """
        {%- if messages[0]["role"] == "system" %}
            {%- set system_message = messages[0]["content"] %}
            {%- set loop_messages = messages[1:] %}
        {%- else %}
            {%- set loop_messages = messages %}
        {%- endif %}
        {%- if not tools is defined %}
            {%- set tools = none %}
        {%- endif %}
        {%- set user_messages = loop_messages | selectattr("role", "equalto", "user") | list %}

        {%- set ns = namespace(index=0) %}
        {%- for message in loop_messages %}
            {%- if not (message.role == "tool" or (message.tool_calls is defined and message.tool_calls is not none)) %}
                {%- if (message["role"] == "user") != (ns.index % 2 == 0) %}
                    {{- raise_exception("After the optional system message, conversation roles must alternate user/assistant/user/assistant/...") }}
                {%- endif %}
                {%- set ns.index = ns.index + 1 %}
            {%- endif %}
        {%- endfor %}

        {{- bos_token }}
        {%- for message in loop_messages %}
            {%- if message["role"] == "user" %}
                {%- if tools is not none and (message == user_messages[-1]) %}
                    {{- "[AVAILABLE_TOOLS] [" }}
                    {%- for tool in tools %}
                        {%- set tool = tool.function %}
                        {%- for key, val in tool.items() if key != "return" %}
                            {%- if val is string %}
                                {{- '"' + key + '": "' + val + '"' }}
                            {%- else %}
                                {{- '"' + key + '": ' + val|tojson }}
                            {%- endif %}
                        {%- endfor %}
                    {%- endfor %}
                {%- endif %}
                {%- if loop.last and system_message is defined %}
                    {{- "[INST] " + system_message + "\n\n" + message["content"] + "[/INST]" }}
                {%- else %}
                    {{- "[INST] " + message["content"] + "[/INST]" }}
                {%- endif %}
            {%- elif message["role"] == "assistant" %}
                {{- " " + message["content"]|trim + eos_token}}
            {%- else %}
                {{- raise_exception("Only user and assistant roles are supported, with the exception of an initial optional system message!") }}
            {%- endif %}
        {%- endfor %}

        """;

    private const string Gemma =
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
        + "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        + "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
        + "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
        + "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}";

    private const string Phi3 =
        "{% for message in messages %}{% if message['role'] == 'system' %}{{'<|system|>\\n' + message['content'] + '<|end|>\\n'}}"
        + "{% elif message['role'] == 'user' %}{{'<|user|>\\n' + message['content'] + '<|end|>\\n'}}"
        + "{% elif message['role'] == 'assistant' %}{{'<|assistant|>\\n' + message['content'] + '<|end|>\\n'}}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|>\\n' }}{% else %}{{ eos_token }}{% endif %}";

    private static readonly ChatTurn[] Turns =
        [new("system", "Be brief."), new("user", "Why?"), new("assistant", "So."), new("user", " And now? ")];

    [Theory]
    [InlineData(Llama2, "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWhy? [/INST] So. </s><s>[INST] And now? [/INST]", "</s>")]
    [InlineData(Llama3,
        "<s><|start_header_id|>system<|end_header_id|>\n\nToday Date: 03 Jul 2025\n\nBe brief.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nSo.<|eot_id|>"
        + "<|start_header_id|>user<|end_header_id|>\n\nAnd now?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>")]
    [InlineData(ChatMl,
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im_start|>assistant\nSo.<|im_end|>\n"
        + "<|im_start|>user\n And now? <|im_end|>\n<|im_start|>assistant\n", "<|im_end|>")]
    [InlineData(Zephyr, "<|system|>\nBe brief.</s>\n<|user|>\nWhy?</s>\n<|assistant|>\nSo.</s>\n<|user|>\n And now? </s>\n<|assistant|>\n", "</s>")]
    [InlineData(Mistral, "<s>[INST] Why?[/INST] So.</s>[INST] Be brief.\n\n And now? [/INST]", "</s>")]
    [InlineData(Phi3,
        "<|system|>\nBe brief.<|end|>\n<|user|>\nWhy?<|end|>\n<|assistant|>\nSo.<|end|>\n<|user|>\n And now? <|end|>\n<|assistant|>\n", "<|end|>")]
    public void ConversationsAreWrittenAsTheModelsWantThem(string template, string expected, string turnEnd)
    {
        ChatTemplate chat = Parse(template);
        Assert.Equal(expected, chat.Render(Turns).Text);
        Assert.Equal(turnEnd, chat.Tokenizer.GetText(chat.TurnEnd!.Value));
        Assert.Equal(Turns.Select(t => t.Content.Trim()).Order(), chat.Render(Turns).Pieces.Where(p => !p.IsTrusted).Select(p => p.Text.Trim()).Order());
    }

    [Fact]
    public void GemmaHasNoSystemAndSaysSo()
    {
        ChatTemplate chat = Parse(Gemma);
        Assert.Equal(
            "<s><start_of_turn>user\nWhy?<end_of_turn>\n<start_of_turn>model\nSo.<end_of_turn>\n<start_of_turn>user\nAnd now?<end_of_turn>\n<start_of_turn>model\n",
            chat.Render(Turns[1..]).Text);
        Assert.Equal("System role not supported", Assert.Throws<ArgumentException>(() => chat.Render(Turns)).Message);
        Assert.Equal("<end_of_turn>", chat.Tokenizer.GetText(chat.TurnEnd!.Value));
    }

    [Theory]
    [InlineData(Llama2, "Conversation roles must alternate user/assistant/user/assistant/...")]
    [InlineData(Mistral, "After the optional system message, conversation roles must alternate user/assistant/user/assistant/...")]
    [InlineData(Gemma, "Conversation roles must alternate user/assistant/user/assistant/...")]
    public void RolesThatDoNotAlternateAreRefusedInTheTemplatesWords(string template, string expected) =>
        Assert.Equal(expected, Assert.Throws<ArgumentException>(() => Parse(template).Render([new("user", "a"), new("user", "b")])).Message);

    [Fact]
    public void WithoutAGenerationPromptTheTextEndsWithTheLastMessage()
    {
        Assert.EndsWith("\n And now? <|im_end|>\n", Parse(ChatMl).Render(Turns, addGenerationPrompt: false).Text, StringComparison.Ordinal);
        Assert.EndsWith("<|end|>\n</s>", Parse(Phi3).Render(Turns, addGenerationPrompt: false).Text, StringComparison.Ordinal);
        Assert.StartsWith("<|im_start|>system\nYou are helpful.<|im_end|>\n<|im_start|>user\nWhy?", Parse(ChatMl).Render(Turns[1..]).Text, StringComparison.Ordinal);
    }

    private static ChatTemplate Parse(string template) => ChatTemplate.Parse(
        template,
        ChatVocabulary.Create(
            "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "<|end|>"),
        new Noon());
}
