// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using System.Xml.Linq;

namespace KleidiSharp.Bindings;

/// <summary>
/// Turns castxml's type elements into <see cref="CType"/>; refuses what has no single meaning on every target.
/// </summary>
internal sealed class TypeReader
{
    private static readonly Dictionary<string, (string CSharp, int Size)> FixedWidth = new()
    {
        ["int8_t"] = ("sbyte", 1),
        ["uint8_t"] = ("byte", 1),
        ["int16_t"] = ("short", 2),
        ["uint16_t"] = ("ushort", 2),
        ["int32_t"] = ("int", 4),
        ["uint32_t"] = ("uint", 4),
        ["int64_t"] = ("long", 8),
        ["uint64_t"] = ("ulong", 8),
    };

    private readonly Dictionary<string, XElement> byId;
    private readonly string headerFile;

    /// <summary>Reads types of a syntax tree.</summary>
    /// <param name="byId">The tree's elements by their id.</param>
    /// <param name="headerFile">The id of the header's own file.</param>
    public TypeReader(Dictionary<string, XElement> byId, string headerFile)
    {
        this.byId = byId;
        this.headerFile = headerFile;
    }

    /// <summary>The type of a parameter, field or result, which is passed or stored by value.</summary>
    public CType Value(string id)
    {
        CType type = Read(id);
        return type.Kind switch
        {
            CTypeKind.Number or CTypeKind.Pointer => type,
            CTypeKind.Struct => throw new BindingException($"struct '{type.Native}' by value; use a pointer"),
            CTypeKind.Character => throw new BindingException(
                $"'{type.Native}' is signed on x64 and unsigned on Arm; use int8_t or uint8_t"),
            _ => throw new BindingException($"'{type.Native}' is not a value"),
        };
    }

    /// <summary>The type of a function's result.</summary>
    public CType Result(string id)
    {
        CType type = Read(id);
        return type.Kind == CTypeKind.Void ? type : Value(id);
    }

    private CType Read(string id)
    {
        XElement e = byId[id];
        string target = (string?)e.Attribute("type") ?? "";
        return e.Name.LocalName switch
        {
            "FundamentalType" => Fundamental(Name(e)),
            "Typedef" => Typedef(e, target),
            "CvQualifiedType" => Qualified(e, target),
            "PointerType" => Pointer(target),
            "ElaboratedType" => Elaborated(target),
            "Struct" => new CType(Name(e), Name(e), CTypeKind.Struct, 0),
            "Enumeration" => throw new BindingException(
                $"enum '{Name(e)}' as a type: its size depends on the compiler; use int32_t or uint32_t"),
            "Union" => throw new BindingException($"union '{Name(e)}'"),
            "ArrayType" => throw new BindingException("an array; use a pointer, or separate fields"),
            "FunctionType" => throw new BindingException("a function pointer without a name; give it one with typedef"),
            var kind => throw new BindingException($"a type of the kind {kind} {(string?)e.Attribute("type_class")}".TrimEnd()),
        };
    }

    private static CType Fundamental(string name) => name switch
    {
        "void" => new CType(name, name, CTypeKind.Void, 0),
        "char" => new CType(name, "sbyte", CTypeKind.Character, 1),
        "float" => new CType(name, name, CTypeKind.Number, 4),
        "double" => new CType(name, name, CTypeKind.Number, 8),
        "_Bool" => throw new BindingException("'bool'; use int32_t"),
        _ => throw new BindingException($"'{name}' has no fixed width; use a type of stdint.h"),
    };

    private CType Typedef(XElement e, string target)
    {
        string name = Name(e);
        if (FixedWidth.TryGetValue(name, out (string CSharp, int Size) known))
        {
            return new CType(name, known.CSharp, CTypeKind.Number, known.Size);
        }

        if ((string?)e.Attribute("file") != headerFile)
        {
            throw new BindingException($"'{name}' has no fixed width; use a type of stdint.h");
        }

        return FunctionPointer(target) is { } pointer
            ? new CType(name, pointer, CTypeKind.Pointer, 8)
            : Read(target) with { Native = name };
    }

    // What C# spells `delegate* unmanaged[Cdecl]<parameters, result>`; null for other types.
    private string? FunctionPointer(string pointer)
    {
        if (byId[pointer].Name.LocalName != "PointerType"
            || byId[(string)byId[pointer].Attribute("type")!] is not { Name.LocalName: "FunctionType" } function)
        {
            return null;
        }

        if (function.Element("Ellipsis") is not null)
        {
            throw new BindingException("variable arguments");
        }

        IEnumerable<CType> types = function.Elements("Argument").Select(argument => Value((string)argument.Attribute("type")!))
            .Append(Result((string)function.Attribute("returns")!));
        return $"delegate* unmanaged[Cdecl]<{string.Join(", ", types.Select(type => type.CSharp))}>";
    }

    private CType Qualified(XElement e, string target)
    {
        foreach (string qualifier in new[] { "volatile", "restrict" })
        {
            if (e.Attribute(qualifier) is not null)
            {
                throw new BindingException($"'{qualifier}'");
            }
        }

        CType type = Read(target);
        return type with { Native = IsSpelledPointer(type) ? type.Native + "const" : "const " + type.Native };
    }

    private CType Pointer(string target)
    {
        CType type = Read(target);
        string native = type.Native + (IsSpelledPointer(type) ? "*" : " *");
        return new CType(native, type.CSharp + "*", CTypeKind.Pointer, 8);
    }

    private static bool IsSpelledPointer(CType type) => type.Native.EndsWith('*');

    private CType Elaborated(string target)
    {
        CType type = Read(target);
        return type with { Native = $"struct {type.Native}" };
    }

    private static string Name(XElement e) => (string?)e.Attribute("name") is { Length: > 0 } name
        ? name
        : throw new BindingException($"an anonymous {e.Name.LocalName.ToLower(CultureInfo.InvariantCulture)}");
}
