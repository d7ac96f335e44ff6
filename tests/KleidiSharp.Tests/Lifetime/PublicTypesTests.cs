// SPDX-License-Identifier: Apache-2.0
using System.Reflection;
using System.Runtime.InteropServices;

namespace KleidiSharp.Tests.Lifetime;

/// <summary>Of every shipped assembly that is there; this file is part of several test projects.</summary>
public sealed class PublicTypesTests
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private static readonly string[] s_shipped =
        ["KleidiSharp", "KleidiSharp.Interop", "KleidiSharp.Models", "KleidiSharp.Extensions.AI"];

    private static readonly Assembly[] s_assemblies =
    [
        .. s_shipped.Where(name => File.Exists(Path.Combine(AppContext.BaseDirectory, name + ".dll"))).Select(Assembly.Load),
    ];

    private static IEnumerable<Type> PublicTypes => s_assemblies.SelectMany(assembly => assembly.GetExportedTypes());

    [Fact]
    public void None_has_a_finalizer()
    {
        Assert.InRange(s_assemblies.Length, 2, s_shipped.Length);
        Assert.InRange(PublicTypes.Count(), 20, int.MaxValue);
        Assert.All(
            PublicTypes.Where(type => !type.IsInterface),
            type => Assert.Equal(typeof(object), type.GetMethod("Finalize", Instance, [])?.DeclaringType));
    }

    [Fact]
    public void What_is_disposed_of_is_sealed()
    {
        Type[] disposable = [.. PublicTypes.Where(type => type.IsAssignableTo(typeof(IDisposable)))];
        Assert.NotEmpty(disposable);
        Assert.All(disposable, type => Assert.True(type.IsSealed, $"{type} is not sealed"));
    }

    [Fact]
    public void Handles_are_not_public_and_of_one_type()
    {
        Type[] handles =
        [
            .. s_assemblies.SelectMany(assembly => assembly.GetTypes()).Where(type => type.IsAssignableTo(typeof(SafeHandle))),
        ];
        Assert.InRange(handles.Length, 4, int.MaxValue);
        Assert.All(handles, type => Assert.False(type.IsVisible, $"{type} is public"));
        Assert.All(
            handles.Where(type => !type.IsAbstract),
            type => Assert.Equal("KleidiSharp.NativeHandle", type.BaseType!.FullName));
    }
}
