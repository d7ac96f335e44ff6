// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Interop;

/// <summary>The C libraries that a native library is made for one of.</summary>
internal enum CLibraryKind
{
    /// <summary>That of an operating system that has but one.</summary>
    System,

    /// <summary>That of Debian, Fedora and most others.</summary>
    Glibc,

    /// <summary>That of Alpine; or another of a Linux, which cannot be told from it.</summary>
    Musl,

    /// <summary>That of Android.</summary>
    Bionic,
}
