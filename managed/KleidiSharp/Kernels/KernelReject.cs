// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp;

/// <summary>Why a kernel does not serve a request.</summary>
public enum KernelReject
{
    /// <summary>It can be used.</summary>
    None = 0,

    /// <summary>It is not compiled into the library.</summary>
    NotCompiled = 1,

    /// <summary>The processor lacks a feature it needs.</summary>
    Cpu = 2,

    /// <summary>Its tier is switched off.</summary>
    Tier = 3,

    /// <summary>It is for another weight format.</summary>
    Format = 4,

    /// <summary>It reads another layout.</summary>
    Layout = 5,

    /// <summary>It does not take this number of rows.</summary>
    Rows = 6,

    /// <summary>It does not take this group.</summary>
    Group = 7,

    /// <summary>
    /// It reads weights packed for another vector length than the processor's, or is for another vector length.
    /// </summary>
    Vector = 8,

    /// <summary>It does not take this number of columns.</summary>
    Columns = 9,

    /// <summary>Its results are not those of the other kernels: it runs only where it is forced.</summary>
    Inexact = 10,
}
