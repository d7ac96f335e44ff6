// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models.Tests;

/// <summary>The language, construct by construct; what is expected is what Jinja 3.1 writes.</summary>
public class JinjaLanguageTests
{
    private static readonly Tokenizer Vocabulary = ChatVocabulary.Create();

    private static readonly ChatTurn[] Turns = [new("system", " Be brief.\n"), new("user", "Why?"), new("assistant", "So.")];

    [Theory]
    [InlineData("a{# gone #}b", "ab")]
    [InlineData("{{ 'x' }}\n", "x")] // one line feed at the very end is no part of a template
    [InlineData("{{ 'x' }}\n\n", "x\n")]
    [InlineData("a\r\nb\rc", "a\nb\nc")]
    [InlineData("{% if true %}\nx\n{% endif %}\ny", "x\ny")] // trim_blocks
    [InlineData("a\n  {% if true %}\n  b\n  {% endif %}\nc", "a\n  b\nc")] // lstrip_blocks
    [InlineData("a  {% if true %}b{% endif %}", "a  b")]
    [InlineData("  {{ 'x' }}\n  y", "  x\n  y")]
    [InlineData("  {%+ if true %}\nb{% endif %}", "  b")]
    [InlineData("{% if true +%}\nb{% endif %}", "\nb")]
    [InlineData("a \n {%- if true -%} \n b \n {%- endif -%} \n c", "abc")]
    [InlineData("a \n {{- 'x' -}} \n b", "axb")]
    [InlineData("a {#- x -#} b", "ab")]
    [InlineData("a\n  {# x #}\nb", "a\nb")]
    [InlineData("{% if true %} {% if true %}b{% endif %}{% endif %}", " b")]
    [InlineData("{{ {'a': {'b': 'c'}}['a']['b'] }}", "c")]
    [InlineData("{ {% if true %}{ }{% endif %} }", "{ { } }")]
    public void TagsTakeTheSpaceThatTheySay(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData(@"{{ 'a\n\t\'\""\\' }}", "a\n\t'\"\\")]
    [InlineData(@"{{ ""\u0041\x42\U0001F600\q"" }}", "AB😀\\q")]
    [InlineData("{{ 'a' 'b' \"c\" }}", "abc")]
    [InlineData("{{ 1_000 }} {{ true }} {{ False }} {{ none }} {{ None }}", "1000 True False None None")]
    [InlineData("{{ missing }}|{{ messages[0].missing }}|{{ messages[9] }}", "||")]
    [InlineData("{{ [1, 'a', [2]] | length }}{{ (1, 2,) | length }}{{ () | length }}{{ (3) }}", "3203")]
    [InlineData("{{ {'a': 1, 'b': 2, 'a': 3}.a }}", "3")]
    public void LiteralsAreRead(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }}", "3 9")]
    [InlineData("{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }}", "3 -4 1 2 -2")]
    [InlineData("{{ 'a' + 'b' }}{{ 'ab' * 2 }}{{ 2 * 'c' }}{{ 'd' * -1 }}", "abababcc")]
    [InlineData("{{ 1 ~ 'a' ~ none ~ missing ~ true }}", "1aNoneTrue")]
    [InlineData("{{ '1' + 1 ~ 2 + 'x' }}", "112x")] // ~ binds more tightly than +
    [InlineData("{{ 1 ~ 2 * 3 }}", "16")]
    [InlineData("{{ ([1] + [2, 3]) | length }}", "3")]
    [InlineData("{{ 1 == 1 }}{{ 1 == '1' }}{{ true == 1 }}{{ [1, 'a'] == [1, 'a'] }}{{ {'a': 1} == {'a': 2} }}", "TrueFalseTrueTrueFalse")]
    [InlineData("{{ none == none }}{{ missing == other }}{{ missing == none }}", "TrueTrueFalse")]
    [InlineData("{{ 1 < 2 < 3 }}{{ 1 < 3 < 2 }}{{ 2 >= 2 }}{{ 'a' < 'b' }}{{ 2 != 2 }}{{ 3 <= 2 }}{{ 3 > 2 }}", "TrueFalseTrueTrueFalseFalseTrue")]
    [InlineData("{{ 'b' in 'abc' }}{{ 1 in [1] }}{{ 'a' in {'a': 1} }}{{ 2 not in [1] }}{{ 'x' in missing }}", "TrueTrueTrueTrueFalse")]
    [InlineData("{{ not 1 == 2 }}{{ not true or true }}{{ true or false and false }}", "TrueTrueTrue")]
    [InlineData("{{ 0 or 'a' }}{{ '' or none }}{{ 1 and 'b' }}{{ ([] and 1) == [] }}", "aNonebTrue")]
    [InlineData("{{ -1 }}{{ +1 }}{{ - -2 }}{{ true + 1 }}", "-1122")]
    [InlineData("{{ 'a' if 1 == 1 else 'b' }}{{ 'a' if false else 'b' if false else 'c' }}|{{ 'a' if false }}|", "ac||")]
    [InlineData("{{ 5 is odd and 4 is even }}{{ not missing is defined }}", "TrueTrue")]
    public void OperatorsDoWhatPythonDoes(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{{ 'abc'[0] }}{{ 'abc'[-1] }}{{ 'abc'[1:] }}{{ 'abc'[:-1] }}{{ 'abc'[::-1] }}{{ 'abcdef'[1:5:2] }}", "acbcabcbabd")]
    [InlineData("{{ '😀x'[0] }}{{ '😀x'[1:] }}{{ '😀x' | length }}{{ 'x😀'[::-1] }}", "😀x2😀x")]
    [InlineData("{{ [1, 2, 3][1] }}{{ [1, 2, 3][5:] | length }}{{ [1, 2, 3][-2:][0] }}{{ [1, 2, 3][::-1][0] }}{{ [1, 2].0 }}", "20231")]
    [InlineData("{{ messages[0].role }}{{ messages[0]['role'] }}{{ messages[1:][0].content }}", "systemsystemWhy?")]
    [InlineData("{{ 'abc'[10:] }}|{{ 'abc'[-10:2] }}|{{ 'abc'[10::-1] }}|{{ 'abc'[2:0:-1] }}", "|ab|cba|cb")]
    public void ElementsAndSlicesCountCodePoints(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{{ ' a b '.strip() }}|{{ ' a '.lstrip() }}|{{ ' a '.rstrip() }}|{{ 'xxaxy'.strip('xy') }}", "a b|a | a|a")]
    [InlineData("{{ 'a,b,c'.split(',')[1] }}{{ 'a,b,c'.split(',', 1)[1] }}{{ ' a  b '.split() | length }}{{ ' a  b '.split(none, 1)[1] }}|", "bb,c2b|")]
    [InlineData("{{ 'abc'.startswith('ab') }}{{ 'abc'.endswith(('x', 'bc')) }}{{ 'abc'.startswith('bc') }}", "TrueTrueFalse")]
    [InlineData("{{ 'aB'.upper() }}{{ 'aB'.lower() }}{{ 'they\\'re bOLD'.title() }}{{ 'aBC d'.capitalize() }}", "ABabThey'Re BoldAbc d")]
    [InlineData("{{ 'aXbXc'.replace('X', '--') }}{{ 'aXbXc'.replace('X', '', 1) }}", "a--b--cabXc")]
    [InlineData("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{% endfor %}", "a1b2")]
    [InlineData("{{ {'a': 1}.get('a') }}{{ {'a': 1}.get('b') }}{{ {'a': 1}.get('b', 2) }}{{ {'a': 1}.keys() | join }}{{ {'a': 1}.values() | join }}", "1None2a1")]
    public void MethodsOfStringsAndDictionaries(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{{ ' a ' | trim }}|{{ 'xax' | trim('x') }}|{{ 'abc' | length }}|{{ [1] | count }}", "a|a|3|1")]
    [InlineData("{{ 'aB' | upper }}{{ 'aB' | lower }}{{ 'aB c' | capitalize }}{{ 1 | string + '2' }}", "ABabAb c12")]
    [InlineData("{{ missing | default('x') }}{{ '' | default('y') }}{{ '' | d('z', true) }}{{ none | default('n') }}{{ missing | default }}", "xzNone")]
    [InlineData("{{ [1, 2, 3] | join(', ') }}{{ 'abc' | join('-') }}{{ [] | join }}", "1, 2, 3a-b-c")]
    [InlineData("{{ [1, 2] | first }}{{ [1, 2] | last }}{{ 'ab' | last }}{{ [] | first }}", "12b")]
    [InlineData("{{ 'aXb' | replace('X', '+') }}{{ 'abc' | list | length }}{{ {'a': 1} | items | length }}", "a+b31")]
    [InlineData("{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ (messages | rejectattr('role', '==', 'user') | list)[1].content }}", "1So.")]
    [InlineData("{{ messages | selectattr('content') | list | length }}{{ messages | selectattr('name', 'defined') | list | length }}", "30")]
    [InlineData("{{ {'a': [1, true, none, 'é\"\\n']} | tojson }}", "{\"a\": [1, true, null, \"é\\\"\\n\"]}")]
    [InlineData("{{ {'a': [1, {}], 'b': []} | tojson(indent=2) }}", "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}")]
    public void FiltersDoWhatJinjaDoes(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{{ messages is defined }}{{ missing is undefined }}{{ missing is not defined }}{{ none is none }}{{ tools is none }}", "TrueTrueTrueTrueTrue")]
    [InlineData("{{ 'a' is string }}{{ messages is iterable }}{{ messages[0] is mapping }}{{ messages is sequence }}{{ messages is mapping }}", "TrueTrueTrueTrueFalse")]
    [InlineData("{{ 1 is number }}{{ true is number }}{{ true is integer }}{{ true is boolean }}{{ true is true }}{{ 1 is true }}{{ false is false }}", "TrueTrueFalseTrueTrueFalseTrue")]
    [InlineData("{{ 3 is odd }}{{ -3 is odd }}{{ 2 is even }}{{ 1 is equalto 1 }}{{ 1 is ne(2) }}{{ 1 is in [1] }}{{ 1 is eq 2 }}", "TrueTrueTrueTrueTrueTrueFalse")]
    public void TestsDoWhatJinjaDoes(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{% for m in messages %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }} {% endfor %}", "10TrueFalse3 21FalseFalse3 32FalseTrue3 ")]
    [InlineData("{% for m in messages %}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem is defined }}{{ loop.nextitem.role if loop.nextitem is defined }} {% endfor %}", "32Falseuser 21Trueassistant 10True ")]
    [InlineData("{% for m in messages if m.role != 'system' %}{{ loop.index }}{{ m.role }}{% endfor %}", "1user2assistant")]
    [InlineData("{% for x in [] %}a{% else %}b{% endfor %}{% for x in [1] %}a{% else %}b{% endfor %}", "ba")]
    [InlineData("{% for x in range(5) %}{% if x == 1 %}{% continue %}{% endif %}{% if x == 3 %}{% break %}{% endif %}{{ x }}{% endfor %}", "02")]
    [InlineData("{% for (a, b) in [(1, 2), [3, 4]] %}{{ a }}{{ b }}{% endfor %}{% for c in 'xy' %}{{ c }}-{% endfor %}", "1234x-y-")]
    [InlineData("{% for x in range(1, 8, 3) %}{{ x }}{% endfor %}{% for x in range(3, 0, -1) %}{{ x }}{% endfor %}{% for x in missing %}y{% endfor %}", "147321")]
    [InlineData("{% for x in [1, 2] %}{% for y in [1, 2] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}", "121122")]
    public void LoopsGoThroughWhatTheyAreGiven(string template, string expected) => Writes(template, expected);

    [Theory]
    [InlineData("{% set x = 1 %}{% if true %}{% set x = 2 %}{% endif %}{{ x }}", "2")]
    [InlineData("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{{ x }}{% endfor %}{{ x }}", "21")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y is defined }}", "4False")]
    [InlineData("{% set x %}a{{ 1 }}{% endset %}{{ x | length }}{{ x }}", "2a1")]
    [InlineData("{% set x = 'a' if true %}{{ x }}{% generation %}b{% endgeneration %}", "ab")]
    [InlineData("{% if false %}a{% elif none %}b{% elif 1 %}c{% else %}d{% endif %}", "c")]
    [InlineData("{% if messages[0]['role'] == 'system' %}{% set system_message = messages[0]['content'] | trim %}{% set messages = messages[1:] %}{% endif %}{{ system_message }}{{ messages | length }}", "Be brief.2")]
    public void NamesLiveWhereJinjaLetsThem(string template, string expected) => Writes(template, expected);

    [Fact]
    public void TheDateComesFromTheClock()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ strftime_now('%d %b %Y, %A %B %m %y %H:%M:%S %I %p %a %%') }}", Vocabulary, new Noon());
        Assert.Equal("03 Jul 2025, Thursday July 07 25 12:05:09 12 PM Thu %", template.Render([]).Text);
    }

    [Fact]
    public void SpecialTokensAreThoseOfTheVocabulary()
    {
        Writes("{{ bos_token }}{{ eos_token }}{{ unk_token is defined }}", "<s></s>False");
        Tokenizer none = ChatVocabulary.Create([], w => w.Add("tokenizer.ggml.bos_token_id", uint.MaxValue).Add("tokenizer.ggml.eos_token_id", uint.MaxValue));
        Assert.Equal("|FalseFalse", ChatTemplate.Parse("{{ bos_token }}|{{ bos_token is defined }}{{ eos_token is defined }}", none).Render([]).Text);
    }

    private static void Writes(string template, string expected) => Assert.Equal(expected, Render(template));

    private static string Render(string template) => ChatTemplate.Parse(template, Vocabulary).Render(Turns).Text;
}
