// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

public class TemplateRefusalTests
{
    private static readonly Tokenizer Vocabulary = ChatVocabulary.Create();

    [Theory]
    [InlineData("a\n {% macro f(x) %}{% endmacro %}", 2, 5, "the statement 'macro'")]
    [InlineData("{% include 'x' %}", 1, 4, "the statement 'include'")]
    [InlineData("{% import 'x' as x %}", 1, 4, "the statement 'import'")]
    [InlineData("{% from 'x' import y %}", 1, 4, "the statement 'from'")]
    [InlineData("{% extends 'x' %}", 1, 4, "the statement 'extends'")]
    [InlineData("{% block x %}{% endblock %}", 1, 4, "the statement 'block'")]
    [InlineData("{% call f() %}{% endcall %}", 1, 4, "the statement 'call'")]
    [InlineData("{% filter upper %}{% endfilter %}", 1, 4, "the statement 'filter'")]
    [InlineData("{% with x = 1 %}{% endwith %}", 1, 4, "the statement 'with'")]
    [InlineData("{% raw %}{% endraw %}", 1, 4, "the statement 'raw'")]
    [InlineData("{% for x in y recursive %}{% endfor %}", 1, 15, "a recursive loop")]
    [InlineData("{% set a, b = 1 %}", 1, 9, "setting several names at once")]
    [InlineData("{% set a | upper %}b{% endset %}", 1, 10, "a filter on a set block")]
    [InlineData("{{ x | shuffle }}", 1, 8, "the filter 'shuffle'")]
    [InlineData("{{ x is callable }}", 1, 9, "the test 'callable'")]
    [InlineData("{{ x.append(1) }}", 1, 6, "the method 'append'")]
    [InlineData("{{ cycler(1) }}", 1, 4, "the function 'cycler'")]
    [InlineData("{{ x.y.strip()() }}", 1, 15, "calling a value")]
    [InlineData("{{ 1 / 2 }}", 1, 6, "the operator '/'")]
    [InlineData("{{ 1 ** 2 }}", 1, 6, "the operator '**'")]
    [InlineData("{{ 1.5 }}", 1, 4, "a number that is not a whole one in decimal digits")]
    [InlineData("{{ 0x1F }}", 1, 4, "a number that is not a whole one in decimal digits")]
    [InlineData("{{ 99999999999999999999 }}", 1, 4, "a number of more than 64 bits")]
    [InlineData("{{ '\\101' }}", 1, 5, "an octal escape")]
    [InlineData("{{ range(*x) }}", 1, 10, "unpacking arguments")]
    [InlineData("{{ x | join(',', attribute='a') }}", 1, 28, "the argument 'attribute' of 'join'")]
    [InlineData("{{ x.strip('a', 'b') }}", 1, 17, "argument 2 of 'strip'")]
    [InlineData("{{ namespace(1) }}", 1, 14, "an argument of 'namespace' without a name")]
    public void WhatIsNotThereIsNamedWhenTheTemplateIsRead(string template, int line, int column, string construct) =>
        Assert.Equal(
            $"the template, line {line}, column {column}: {construct} is not supported.",
            Assert.Throws<NotSupportedException>(() => ChatTemplate.Parse(template, Vocabulary)).Message);

    [Theory]
    [InlineData("{{ [1] }}", 1, 1, "writing a list without a filter")]
    [InlineData("{{ '%s' % 1 }}", 1, 9, "formatting a string with '%'")]
    [InlineData("{{ [1] * 2 }}", 1, 8, "repeating a list")]
    [InlineData("{{ 'a'.replace('', 'b') }}", 1, 8, "replacing an empty string")]
    [InlineData("{{ strftime_now('%j') }}", 1, 4, "'%j' in a format of time")]
    [InlineData("{{ 'a' | tojson(true) }}", 1, 10, "the argument 'ensure_ascii' of 'tojson'")]
    [InlineData("{{ [] | selectattr('a.b') | list }}", 1, 9, "selecting by the path 'a.b'")]
    [InlineData("{{ [1] | selectattr('a', 'callable') | list }}", 1, 10, "the test 'callable' with no argument")]
    [InlineData("{% for x in [1] %}{{ loop.depth }}{% endfor %}", 1, 27, "the attribute 'depth' of the loop")]
    [InlineData("{{ 9223372036854775807 + 1 }}", 1, 24, "a number of more than 64 bits")]
    public void WhatIsNotThereIsNamedWhenItIsReached(string template, int line, int column, string construct) =>
        Assert.Equal(
            $"the template, line {line}, column {column}: {construct} is not supported.",
            Assert.Throws<NotSupportedException>(() => ChatTemplate.Parse(template, Vocabulary).Render([])).Message);

    [Theory]
    [InlineData("{{ 'a }}", 1, 4, "the string has no end")]
    [InlineData("a{{ b", 1, 2, "the tag has no end '}}'")]
    [InlineData("a\n{# b", 2, 1, "the comment has no end")]
    [InlineData("{{ (1] }}", 1, 6, "']' closes nothing")]
    [InlineData("{{ a ? b }}", 1, 6, "'?' begins no word of the language")]
    [InlineData("{{ '\\xZZ' }}", 1, 5, "'\\x' needs 2 hexadecimal digits of a character")]
    [InlineData("{{ }}", 1, 4, "'}}' where a value was expected")]
    [InlineData("{{ 1 2 }}", 1, 6, "'2' where '}}' was expected")]
    [InlineData("{% if x %}", 1, 4, "'if' has no 'endif'")]
    [InlineData("{% if x %}{% endfor %}", 1, 14, "'endfor' where 'endif' was expected")]
    [InlineData("{% endif %}", 1, 1, "'endif' ends no block")]
    [InlineData("{% for x %}{% endfor %}", 1, 10, "'%}' where 'in' was expected")]
    [InlineData("{% break %}", 1, 4, "'break' is in no loop")]
    [InlineData("{% set 1 = 2 %}", 1, 8, "'1' where a name was expected")]
    [InlineData("{{ a[] }}", 1, 5, "the index is missing")]
    [InlineData("{{ a[1:2:3:4] }}", 1, 11, "':' where ']' was expected")]
    [InlineData("{{ 'a'.replace('b') }}", 1, 8, "'replace' needs the argument 'new'")]
    [InlineData("{{ 'a'.split(',', sep=',') }}", 1, 23, "'split' is given 'sep' twice")]
    public void TemplatesThatAreNotWellFormedAreRefused(string template, int line, int column, string fault) =>
        Fails(() => ChatTemplate.Parse(template, Vocabulary), line, column, fault);

    [Theory]
    [InlineData("{{ x.y.z }}", 1, 6, "'x' is undefined, and 'y' of it is asked for")]
    [InlineData("{{ messages.x.y }}", 1, 15, "'messages.x' is undefined, and 'y' of it is asked for")]
    [InlineData("{{ x[0] }}", 1, 5, "'x' is undefined, and an element of it is asked for")]
    [InlineData("{{ x[1:] }}", 1, 5, "'x' is undefined, and a slice of it is asked for")]
    [InlineData("{{ 'a' + 1 }}", 1, 8, "a number where a string was expected")]
    [InlineData("{{ 'a' + x }}", 1, 8, "'x' is undefined where a string was expected")]
    [InlineData("{{ none + 1 }}", 1, 9, "none where a number was expected")]
    [InlineData("{{ 1 // 0 }}", 1, 6, "1 is divided by 0")]
    [InlineData("{{ 1 < 'a' }}", 1, 6, "a string where a number was expected")]
    [InlineData("{% for x in none %}{% endfor %}", 1, 4, "none cannot be gone through")]
    [InlineData("{% for a, b in [[1]] %}{% endfor %}", 1, 4, "1 values are there for 2 names")]
    [InlineData("{% set x.y = 1 %}", 1, 4, "'x' is undefined where a namespace was expected")]
    [InlineData("{% set messages.y = 1 %}", 1, 4, "a list where a namespace was expected")]
    [InlineData("{{ 1 | length }}", 1, 8, "a number has no length")]
    [InlineData("{{ 1 in 2 }}", 1, 6, "a number cannot be gone through")]
    [InlineData("{{ 'a'.split('') }}", 1, 8, "the separator is empty")]
    [InlineData("{{ [1][::0] }}", 1, 7, "the step of a slice is 0")]
    [InlineData("{{ range(1, 2, 0) | length }}", 1, 4, "the step of a range is 0")]
    [InlineData("{{ {1: 2} }}", 1, 5, "a number where a string as key was expected")]
    [InlineData("{{ namespace() | tojson }}", 1, 18, "a namespace cannot become JSON")]
    [InlineData("{{ 1 | tojson(indent=99) }}", 1, 8, "the indent is 99; 0 to 16 are possible")]
    public void WhatPythonRefusesIsRefused(string template, int line, int column, string fault) =>
        Fails(() => ChatTemplate.Parse(template, Vocabulary).Render([]), line, column, fault);

    [Fact]
    public void TheTemplateOfAFileIsNamedByTheFile()
    {
        using TemporaryFile temporary = ChatVocabulary.Write([], w => w.Add("tokenizer.chat_template", "\n{{ 1 / 2 }}")).ToFile();
        using GgufFile file = GgufFile.Open(temporary.Name);
        Tokenizer tokenizer = Tokenizer.FromGguf(file);
        Assert.Equal(
            $"{temporary.Name}: tokenizer.chat_template, line 2, column 6: the operator '/' is not supported.",
            Assert.Throws<NotSupportedException>(() => ChatTemplate.FromGguf(file, tokenizer)).Message);
        using TemporaryFile without = ChatVocabulary.Write([]).ToFile();
        using GgufFile other = GgufFile.Open(without.Name);
        Assert.Null(ChatTemplate.FromGguf(other, tokenizer));
        using TemporaryFile wrong = ChatVocabulary.Write([], w => w.Add("tokenizer.chat_template", 1)).ToFile();
        using GgufFile odd = GgufFile.Open(wrong.Name);
        GgufFileTests.AssertNames(() => ChatTemplate.FromGguf(odd, tokenizer), "tokenizer.chat_template", "Int32 1");
    }

    [Fact]
    public void TurnsNeedARoleAndAContent()
    {
        Assert.Equal("role", Assert.Throws<ArgumentException>(() => new ChatTurn("", "a")).ParamName);
        Assert.Equal("content", Assert.Throws<ArgumentNullException>(() => new ChatTurn("user", null!)).ParamName);
    }

    private static void Fails(Action action, int line, int column, string fault)
    {
        var thrown = Assert.Throws<ChatTemplateException>(action);
        Assert.Equal($"the template, line {line}, column {column}: {fault}.", thrown.Message);
        Assert.Equal((line, column), (thrown.Line, thrown.Column));
    }
}
