// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace KleidiSharp.Models;

/// <summary>
/// The key-value pairs of a GGUF file. The getters with a fallback return it where the key is absent; those without
/// throw. A value of another type, or a number out of range, is a <see cref="GgufException"/>.
/// </summary>
public sealed class GgufMetadata
{
    private readonly string fileName;

    internal GgufMetadata(string fileName, IReadOnlyDictionary<string, object> values)
    {
        this.fileName = fileName;
        Values = values;
    }

    /// <summary>
    /// All values: <see cref="byte"/> to <see cref="long"/>, <see cref="float"/>, <see cref="double"/>,
    /// <see cref="bool"/>, <see cref="string"/>, or an array of one of these; an array of arrays is an
    /// <see cref="Array"/> array.
    /// </summary>
    public IReadOnlyDictionary<string, object> Values { get; }

    /// <summary>A string, or <paramref name="fallback"/>.</summary>
    [return: NotNullIfNotNull(nameof(fallback))]
    public string? GetString(string key, string? fallback) =>
        Values.TryGetValue(key, out object? value) ? Expect<string>(key, value) : fallback;

    /// <summary>A string.</summary>
    public string GetString(string key) => Expect<string>(key, Require(key));

    /// <summary>A bool, or <paramref name="fallback"/>.</summary>
    public bool GetBoolean(string key, bool fallback) =>
        Values.TryGetValue(key, out object? value) ? Expect<bool>(key, value) : fallback;

    /// <summary>An integer of any width that fits an <see cref="int"/>, or <paramref name="fallback"/>.</summary>
    public int GetInt32(string key, int fallback) => Values.ContainsKey(key) ? GetInt32(key) : fallback;

    /// <summary>An integer of any width that fits an <see cref="int"/>.</summary>
    public int GetInt32(string key)
    {
        object value = Require(key);
        Int128 number = value switch
        {
            byte v => v,
            sbyte v => v,
            ushort v => v,
            short v => v,
            uint v => v,
            int v => v,
            ulong v => v,
            long v => v,
            _ => throw Wrong(key, Describe(value), "an integer"),
        };
        return number >= int.MinValue && number <= int.MaxValue
            ? (int)number
            : throw Wrong(key, number.ToString(CultureInfo.InvariantCulture), "an integer of 32 bits");
    }

    /// <summary>A float or double as a float, or <paramref name="fallback"/>.</summary>
    public float GetSingle(string key, float fallback) => Values.ContainsKey(key) ? GetSingle(key) : fallback;

    /// <summary>A float or double as a float.</summary>
    public float GetSingle(string key)
    {
        object value = Require(key);
        return value switch
        {
            float v => v,
            double v => (float)v,
            _ => throw Wrong(key, Describe(value), "a float"),
        };
    }

    /// <summary>An array whose elements are exactly <typeparamref name="T"/>. The array is not a copy.</summary>
    public T[] GetArray<T>(string key) => Expect<T[]>(key, Require(key));

    private object Require(string key) =>
        Values.TryGetValue(key, out object? value) ? value : throw Wrong(key, "missing", "a value");

    private T Expect<T>(string key, object value) =>
        value is T typed ? typed : throw Wrong(key, Describe(value), typeof(T).Name);

    internal GgufException Wrong(string key, string found, string expected) =>
        new(fileName, $"metadata '{key}'", found, expected);

    private static string Describe(object value) =>
        value is Array array
            ? $"{array.GetType().Name} of {array.Length}"
            : FormattableString.Invariant($"{value.GetType().Name} {value}");
}
