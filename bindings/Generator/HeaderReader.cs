// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Xml.Linq;

namespace KleidiSharp.Bindings;

/// <summary>
/// Reads what a header declares from castxml's syntax tree. Everything that it does not understand is an error that
/// names the construct and the line; nothing is left out silently.
/// </summary>
internal sealed class HeaderReader
{
    private readonly HeaderText text;
    private readonly XElement root;
    private readonly Dictionary<string, XElement> byId;
    private readonly string file;
    private readonly string fileName;
    private readonly TypeReader types;
    private readonly List<string> errors = [];

    private HeaderReader(string path, XDocument tree)
    {
        text = new HeaderText(path);
        root = tree.Root!;
        byId = root.Elements().Where(e => e.Attribute("id") is not null).ToDictionary(e => (string)e.Attribute("id")!);
        file = (string)root.Elements("File").Single(f => (string?)f.Attribute("name") == path).Attribute("id")!;
        fileName = Path.GetFileName(path);
        types = new TypeReader(byId, file);
    }

    /// <summary>Reads a header for a target.</summary>
    /// <param name="path">The header.</param>
    /// <param name="target">The machine.</param>
    /// <param name="excludedMacros">Macros that have no place in the bindings.</param>
    /// <exception cref="BindingException">The header holds something that cannot be bound.</exception>
    public static CHeader Read(string path, Target target, IReadOnlyCollection<string> excludedMacros) =>
        new HeaderReader(path, CastXml.Parse(path, target)).Read(excludedMacros);

    private CHeader Read(IReadOnlyCollection<string> excludedMacros)
    {
        var enums = new List<CEnum>();
        var structs = new List<CStruct>();
        var functions = new List<CFunction>();
        foreach (XElement e in root.Elements().Where(e => (string?)e.Attribute("file") == file && IsTopLevel(e)))
        {
            Guard(e, () =>
            {
                switch (e.Name.LocalName)
                {
                    case "Enumeration": enums.Add(ReadEnum(e)); break;
                    case "Struct": structs.Add(ReadStruct(e)); break;
                    case "Function": functions.Add(ReadFunction(e)); break;
                    case "Typedef": break; // resolved where it is used
                    default: throw new BindingException("a declaration of this kind is not known");
                }
            });
        }

        foreach ((string name, int line) in text.Macros.Where(m => !excludedMacros.Contains(m.Name)))
        {
            errors.Add($"{fileName}:{line}: macro '{name}': the syntax tree does not hold macros; use an enumerator");
        }

        return errors.Count == 0
            ? new CHeader(fileName, enums, structs, functions)
            : throw new BindingException(string.Join('\n', errors));
    }

    // Comments of the tree have a file too, but no context; fields have their struct as context.
    private bool IsTopLevel(XElement e) =>
        (string?)e.Attribute("context") is { } context && byId[context].Name.LocalName == "Namespace";

    private CEnum ReadEnum(XElement e)
    {
        string name = (string?)e.Attribute("name") ?? "";
        DocComment doc = Doc(e);
        List<XElement> values = [.. e.Elements("EnumValue")];
        var enumerators = new List<CEnumerator>();
        foreach (XElement value in values)
        {
            string valueName = (string)value.Attribute("name")!;
            string? comment = text.CommentBefore(valueName, Line(e));
            if (comment is null && (name.Length > 0 || values.Count > 1))
            {
                throw new BindingException($"enumerator '{valueName}' has no /** */ documentation in front of it");
            }

            if (!int.TryParse((string)value.Attribute("init")!, CultureInfo.InvariantCulture, out int number))
            {
                throw new BindingException($"enumerator '{valueName}' does not fit an int, as C wants");
            }

            enumerators.Add(new CEnumerator(valueName, number, comment is null ? doc : DocComment.Parse(comment)));
        }

        return new CEnum(name, enumerators, doc);
    }

    private CStruct ReadStruct(XElement e)
    {
        string name = (string?)e.Attribute("name") ?? "";
        if (name.Length == 0)
        {
            throw new BindingException("it has no name");
        }

        if (e.Attribute("incomplete") is not null)
        {
            return new CStruct(name, IsOpaque: true, 0, [], Doc(e));
        }

        var fields = new List<CField>();
        int end = 0, align = 1;
        foreach (XElement member in ((string?)e.Attribute("members") ?? "").Split(' ').Select(id => byId[id]))
        {
            Guard(member, () =>
            {
                CField field = ReadField(member);
                end = RoundUp(end, field.Type.Size);
                if (end != field.Offset)
                {
                    throw new BindingException(
                        $"it lies at byte {field.Offset}, not at {end} as in C#: a packed or aligned attribute");
                }

                end += field.Type.Size;
                align = Math.Max(align, field.Type.Size);
                fields.Add(field);
            });
        }

        int size = Bytes(e, "size");
        if (errors.Count == 0 && size != RoundUp(end, align))
        {
            throw new BindingException(
                $"it has {size} bytes, not {RoundUp(end, align)} as in C#: a packed or aligned attribute");
        }

        return new CStruct(name, IsOpaque: false, size, fields, Doc(e));
    }

    private CField ReadField(XElement e)
    {
        if (e.Name.LocalName != "Field")
        {
            throw new BindingException("a member of this kind is not known");
        }

        if (e.Attribute("bits") is not null)
        {
            throw new BindingException("a bit-field");
        }

        CType type = types.Value((string)e.Attribute("type")!);
        return new CField((string)e.Attribute("name")!, type, Bytes(e, "offset"), Doc(e));
    }

    private CFunction ReadFunction(XElement e)
    {
        if (e.Attribute("static") is not null || e.Attribute("inline") is not null)
        {
            throw new BindingException("it is static or inline: no library exports it");
        }

        if (e.Element("Ellipsis") is not null)
        {
            throw new BindingException("variable arguments");
        }

        var parameters = new List<CParameter>();
        foreach (XElement argument in e.Elements("Argument"))
        {
            string name = (string?)argument.Attribute("name") ?? $"param{parameters.Count}";
            try
            {
                // An array parameter is a pointer to C; original_type is how it was written.
                string type = (string?)argument.Attribute("original_type") ?? (string)argument.Attribute("type")!;
                parameters.Add(new CParameter(name, types.Value(type)));
            }
            catch (BindingException problem)
            {
                throw new BindingException($"parameter '{name}': {problem.Message}");
            }
        }

        DocComment doc = Doc(e);
        string? stray = doc.Parameters.Keys.FirstOrDefault(p => parameters.All(known => known.Name != p));
        return stray is null
            ? new CFunction((string)e.Attribute("name")!, types.Result((string)e.Attribute("returns")!), parameters, doc)
            : throw new BindingException($"the documentation describes a parameter '{stray}' that it does not have");
    }

    // castxml attaches the comment of `typedef struct s s;` to the typedef alone.
    private DocComment Doc(XElement e)
    {
        XElement? typedef = root.Elements("Typedef").FirstOrDefault(t => Same(t, e, "name") && Same(t, e, "location"));
        string? id = (string?)e.Attribute("comment") ?? (string?)typedef?.Attribute("comment");
        if (id is null)
        {
            throw new BindingException("it has no /** */ documentation in front of it");
        }

        XElement comment = byId[id];
        return DocComment.Parse(text.Slice((int)comment.Attribute("begin_offset")!, (int)comment.Attribute("end_offset")!));
    }

    private static bool Same(XElement a, XElement b, string attribute) =>
        (string?)a.Attribute(attribute) == (string?)b.Attribute(attribute);

    private void Guard(XElement e, Action read)
    {
        try
        {
            read();
        }
        catch (BindingException problem)
        {
            string kind = e.Name.LocalName.ToLower(CultureInfo.InvariantCulture);
            errors.Add($"{fileName}:{Line(e)}: {kind} '{(string?)e.Attribute("name")}': {problem.Message}");
        }
    }

    private static int Line(XElement e) => (int?)e.Attribute("line") ?? 0;

    private static int Bytes(XElement e, string attribute) => (int)e.Attribute(attribute)! / 8;

    private static int RoundUp(int value, int unit) => (value + unit - 1) / unit * unit;
}
