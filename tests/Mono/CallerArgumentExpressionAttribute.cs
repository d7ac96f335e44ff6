// SPDX-License-Identifier: Apache-2.0
namespace System.Runtime.CompilerServices;

/// <summary>Known to the compiler by name; .NET Framework has no such type.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class CallerArgumentExpressionAttribute : Attribute
{
    /// <summary>Names the parameter whose source text is wanted.</summary>
    public CallerArgumentExpressionAttribute(string parameterName) => ParameterName = parameterName;

    /// <summary>The parameter whose source text is wanted.</summary>
    public string ParameterName { get; }
}
