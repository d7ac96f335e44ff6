// SPDX-License-Identifier: Apache-2.0
using System.Globalization;

namespace KleidiSharp.Models;

/// <summary>
/// What a message calls a part of the header. A vocabulary has hundreds of thousands of parts and a good file no message:
/// the name is put together only when it is asked for.
/// </summary>
internal readonly struct GgufField
{
    private readonly string name;
    private readonly string? aspect;
    private readonly int element;

    private GgufField(string name, int element, string? aspect)
    {
        this.name = name;
        this.element = element;
        this.aspect = aspect;
    }

    public static implicit operator GgufField(string name) => new(name, -1, null);

    /// <summary>One element of an array.</summary>
    public GgufField Element(int index) => new(element < 0 ? name : ToString(), index, null);

    /// <summary>The type, length or the like of this.</summary>
    public GgufField The(string what) => new(name, element, what);

    /// <inheritdoc/>
    public override string ToString() =>
        (aspect is null ? "" : $"the {aspect} of ")
        + (element < 0 ? name : string.Create(CultureInfo.InvariantCulture, $"element {element} of {name}"));
}
