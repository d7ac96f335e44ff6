// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;

namespace KleidiSharp.Models.Tests;

/// <summary>Templates come with models from anywhere: none may hang, take all memory or end the process.</summary>
public class HostileTemplateTests
{
    private const string Steps = "the template takes more than 4000000 steps";
    private const string Characters = "the template handles more than 33554432 characters";

    private static readonly Tokenizer Vocabulary = ChatVocabulary.Create();

    [Theory]
    [InlineData("{% for a in range(9000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}", Steps)]
    [InlineData("{{ range(9223372036854775807) | length }}", Steps)]
    [InlineData("{{ range(-9223372036854775807, 9223372036854775807) | length }}", Steps)]
    [InlineData("{{ 'a' * 9223372036854775807 }}", Characters)]
    [InlineData("{{ 'aaaaaaaa' * 9223372036854775807 }}", Characters)]
    [InlineData("{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", Characters)]
    [InlineData("{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}", Characters)]
    [InlineData("{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = ns.x.replace('a', 'aa') %}{% endfor %}", Characters)]
    [InlineData("{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x = [ns.x, ns.x] | join %}{% endfor %}", Characters)]
    [InlineData("{% set ns = namespace(x='a') %}{% for a in range(99) %}{% set ns.x %}{{ ns.x }}{{ ns.x }}{% endset %}{% endfor %}", Characters)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", Steps)]
    [InlineData("{% set ns = namespace(x=[1]) %}{% for a in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x | tojson }}", Steps)]
    [InlineData("{% set ns = namespace(x=[1], y=[1]) %}{% for a in range(40) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}", Steps)]
    [InlineData("{% set ns = namespace(x=[], y=[]) %}{% for a in range(999) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ ns.x == ns.y }}", "values of more than 50 levels are compared")]
    [InlineData("{% set ns = namespace(x=[]) %}{% for a in range(999) %}{% set ns.x = {'a': ns.x} %}{% endfor %}{{ ns.x | tojson }}", "values of more than 50 levels become JSON")]
    [InlineData("{% set ns = namespace() %}{% set ns.x = ns %}{{ [ns] | tojson }}", "a namespace cannot become JSON")]
    [InlineData("{% set x = 'a' * 60000000 %}{{ x | list | length }}", Characters)]
    [InlineData("{% set x = 'a' * 2000000 %}{{ x | list | length }}", Steps)]
    [InlineData("{% set x = 'a' * 2000000 %}{{ x.split('a') | length }}", Steps)]
    [InlineData("{% set x = 'a' * 9000000 %}{% set y = 'a' * 4000000 + 'b' + 'a' * 4000000 %}{{ y in x }}", Characters)]
    [InlineData("{% set x = 'a' * 9000000 %}{{ x.strip('bcdefghijkla') }}", Characters)]
    [InlineData("{% set x = 'a' * 30000000 %}{{ x }}{{ x }}", Characters)]
    public void WorkAndMemoryAreBounded(string template, string fault)
    {
        // The template is run once when it is read, to learn how turns end, and once more here.
        long before = Stopwatch.GetTimestamp();
        ChatTemplate chat = ChatTemplate.Parse(template, Vocabulary);
        var thrown = Assert.Throws<ChatTemplateException>(() => chat.Render([]));
        Assert.EndsWith($": {fault}.", thrown.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(before).TotalSeconds, 0, 60);
    }

    [Theory]
    [InlineData("(", "1", ")")]
    [InlineData("[", "1", "]")]
    [InlineData("{'a':", "1", "}")]
    [InlineData("not ", "1", "")]
    [InlineData("- ", "1", "")]
    [InlineData("a[", "1", "]")]
    [InlineData("1 if 1 else ", "1", "")]
    [InlineData("x|default(", "1", ")")]
    public void DepthIsBounded(string open, string inner, string close)
    {
        foreach (int depth in new[] { 1000, 100_000 })
        {
            string template = "{{" + string.Concat(Enumerable.Repeat(open, depth)) + inner + string.Concat(Enumerable.Repeat(close, depth)) + "}}";
            if (template.Length <= 1 << 20)
            {
                Assert.EndsWith(": more than 50 levels are nested.", Assert.Throws<ChatTemplateException>(() => Small(template)).Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void BlocksAreBoundedInDepthAndTemplatesInLength()
    {
        string deep = string.Concat(Enumerable.Repeat("{% if 1 %}", 10_000));
        Assert.EndsWith(": more than 50 levels are nested.", Assert.Throws<ChatTemplateException>(() => Small(deep)).Message, StringComparison.Ordinal);
        Assert.EndsWith(
            ": the template has 1048577 characters, more than 1048576.",
            Assert.Throws<ChatTemplateException>(() => Small(new string('a', (1 << 20) + 1))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "+1")]
    [InlineData("1", " and 1")]
    [InlineData("1", " or 1")]
    [InlineData("1", "~1")]
    [InlineData("1", "<1")]
    [InlineData("1", "*1")]
    [InlineData("x", "|default('')")]
    [InlineData("x", " is defined")]
    [InlineData("messages", "[0:]")]
    [InlineData("'a'", "'a'")]
    public void LongChainsTakeNoStack(string first, string more)
    {
        string chain = first + string.Concat(Enumerable.Repeat(more, 50_000));
        Assert.Equal("", RenderOnSmallStack("{% set x = " + chain + " %}"));
    }

    [Fact]
    public void TheDeepestThatIsAllowedRunsOnASmallStack()
    {
        string blocks = string.Concat(Enumerable.Repeat("{% for x in [1] %}", 48));
        Assert.Equal("1", RenderOnSmallStack(blocks + "1" + string.Concat(Enumerable.Repeat("{% endfor %}", 48))));
        Assert.Equal("1", RenderOnSmallStack("{{" + string.Concat(Enumerable.Repeat("(", 48)) + "1" + string.Concat(Enumerable.Repeat(")", 48)) + "}}"));
        Assert.Equal("1", RenderOnSmallStack("{{" + string.Concat(Enumerable.Repeat("[1+1*1 == 2 and ", 40)) + "1" + string.Concat(Enumerable.Repeat("][0] | default(0)", 40)) + "}}"));
    }

    [Fact]
    public void DrawnTemplatesEndInTextOrInAFault()
    {
        string[] parts =
        [
            "{{", "}}", "{%", "%}", "{#", "#}", "-%}", "{%-", "{{-", " ", "\n", "if ", "else", "elif ", "endif", "for ", " in ", "endfor", "set ", "endset",
            "x", "y", "messages", "loop", "message", ".role", ".content", "['content']", "[0]", "[1:]", "[::-1]", "(", ")", "[", "]", "{", "}", "'a'", "\"b\"", "'",
            "1", "0", "-3", "+", "-", "*", "//", "%", "~", "==", "!=", "<", "and ", "or ", "not ", "is ", "defined", "none", "true", "|", "trim", "length",
            "join(',')", "tojson", ".strip()", ".split(',')", ".items()", ".get('a')", "range(3)", "namespace(x=1)", "raise_exception('no')", ",", ":", ".", "=",
            "{% if x %}", "{% endif %}", "{% for x in messages %}", "{% endfor %}", "{{ x }}", "{{ messages", "\u00e9", "\ud83d", "{% set x = ", "| list", "break", "\\",
        ];
        var random = new Random(20251129);
        int texts = 0;
        for (int i = 0; i < 30_000; i++)
        {
            string template = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => parts[random.Next(parts.Length)]));
            try
            {
                ChatTemplate.Parse(template, Vocabulary).Render([new("user", "a,b"), new("assistant", "<s>")]);
                texts++;
            }
            catch (Exception e) when (e is ChatTemplateException or NotSupportedException || (e is ArgumentException && e.Message == "no"))
            {
            }
            catch (Exception e)
            {
                Assert.Fail($"{template}\n{e}");
            }
        }

        Assert.InRange(texts, 500, 29_500);
    }

    private static void Small(string template) => RenderOnSmallStack(template);

    // As little stack as a thread of a pool has anywhere.
    private static string RenderOnSmallStack(string template)
    {
        Exception? fault = null;
        string text = "";
        var thread = new Thread(
            () =>
            {
                try
                {
                    text = ChatTemplate.Parse(template, Vocabulary).Render([]).Text;
                }
                catch (ChatTemplateException e)
                {
                    fault = e;
                }
            },
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        return fault is null ? text : throw fault;
    }
}
