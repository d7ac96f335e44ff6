// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace KleidiSharp.Bindings;

/// <summary>
/// Writes the layout table of the handshake twice: what the syntax tree says, as C#, and the expressions that give what
/// the library's compiler says, as C. For each struct in the order of the header its size, then the offset of each field.
/// </summary>
internal sealed class LayoutWriter
{
    private const string VersionConstant = "KS_ABI_VERSION";
    private readonly CHeader header;

    /// <summary>Creates a writer for a header.</summary>
    public LayoutWriter(CHeader header) => this.header = header;

    /// <summary>The C# table.</summary>
    /// <param name="prologue">What the file begins with.</param>
    public string CSharp(string prologue)
    {
        CEnumerator version = header.Enums.SelectMany(e => e.Values).FirstOrDefault(v => v.Name == VersionConstant)
            ?? throw new BindingException($"the header has no enumerator {VersionConstant}");
        var text = new StringBuilder(prologue);
        text.Append("/// <summary>What the header says that the library must have been built with.</summary>\n");
        text.Append("internal static class AbiLayout\n{\n");
        text.Append("    /// <summary>Version of the ABI.</summary>\n");
        text.Append($"    public const uint Version = {version.Value};\n\n");
        text.Append("    /// <summary>For each struct in header order its size, then the offset of each field: bytes.</summary>\n");
        text.Append("    public static readonly (string Name, int Bytes)[] Entries =\n    [\n");
        foreach ((string expression, int bytes) in Entries())
        {
            text.Append($"        (\"{expression}\", {bytes}),\n");
        }

        return text.Append("    ];\n}\n").ToString();
    }

    /// <summary>The elements of a C array of <c>int32_t</c>, for <c>#include</c>.</summary>
    public string C()
    {
        var text = new StringBuilder("// SPDX-License-Identifier: Apache-2.0\n");
        text.Append($"// Generated from {header.FileName} by bindings/generate.sh; do not edit.\n");
        foreach ((string expression, _) in Entries())
        {
            text.Append($"(int32_t){expression},\n");
        }

        return text.ToString();
    }

    private IEnumerable<(string Expression, int Bytes)> Entries()
    {
        foreach (CStruct s in header.Structs.Where(s => !s.IsOpaque))
        {
            yield return ($"sizeof({s.Name})", s.Size);
            foreach (CField f in s.Fields)
            {
                yield return ($"offsetof({s.Name}, {f.Name})", f.Offset);
            }
        }
    }
}
