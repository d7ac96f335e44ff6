// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Bindings;

/// <summary>What a C type is, as far as a binding has to tell types apart.</summary>
internal enum CTypeKind
{
    Void,
    Character,
    Number,
    Struct,
    Pointer,
}

/// <summary>A C type and the C# type that stands for it.</summary>
/// <param name="Native">The spelling of the C compiler, for instance <c>const char *</c>.</param>
/// <param name="CSharp">The C# type, for instance <c>sbyte*</c>.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Size">Its size, and natural alignment, in bytes; 0 where it has none.</param>
internal sealed record CType(string Native, string CSharp, CTypeKind Kind, int Size);

/// <summary>A parameter of a function.</summary>
internal sealed record CParameter(string Name, CType Type);

/// <summary>A function.</summary>
internal sealed record CFunction(string Name, CType Returns, IReadOnlyList<CParameter> Parameters, DocComment Doc);

/// <summary>A field of a struct, with its offset in bytes.</summary>
internal sealed record CField(string Name, CType Type, int Offset, DocComment Doc);

/// <summary>A struct with its size in bytes; one that is only declared is opaque, without size and fields.</summary>
internal sealed record CStruct(string Name, bool IsOpaque, int Size, IReadOnlyList<CField> Fields, DocComment Doc);

/// <summary>A constant of an enum.</summary>
internal sealed record CEnumerator(string Name, int Value, DocComment Doc);

/// <summary>An enum; an anonymous one has an empty name.</summary>
internal sealed record CEnum(string Name, IReadOnlyList<CEnumerator> Values, DocComment Doc);

/// <summary>Everything that a header declares, in the order of the header.</summary>
internal sealed record CHeader(
    string FileName,
    IReadOnlyList<CEnum> Enums,
    IReadOnlyList<CStruct> Structs,
    IReadOnlyList<CFunction> Functions);
