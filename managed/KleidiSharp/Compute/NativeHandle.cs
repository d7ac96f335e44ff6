// SPDX-License-Identifier: Apache-2.0
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace KleidiSharp;

/// <summary>
/// Native memory that is given back once: when its owner disposes of it and the last call that holds it has ended, else
/// by the finalizer. All that the library has of such memory is in handles of this type; debug builds count them.
/// </summary>
internal abstract unsafe partial class NativeHandle : SafeHandle
{
    protected NativeHandle()
        : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Says what it holds, for debug builds to name it where nobody disposes of it.</summary>
    [Conditional("KLEIDISHARP_TRACK_HANDLES")]
    public void Describe(string content) => Described(content);

    /// <summary>Takes aligned memory.</summary>
    /// <exception cref="OutOfMemoryException">There is none.</exception>
    protected void Take(long bytes)
    {
        void* address = NativeMemory.AlignedAlloc((nuint)bytes, (nuint)HugePages.AlignmentOf(bytes));
        HugePages.AskFor(address, bytes);
        Hold(address, bytes);
    }

    /// <summary>Takes what <see cref="Free"/> gives back.</summary>
    protected void Hold(void* address, long bytes)
    {
        SetHandle((nint)address);
        Held(bytes);
    }

    /// <summary>Gives back what is held, if anything is.</summary>
    protected void LetGo()
    {
        if (!IsInvalid)
        {
            Free();
            SetHandle(0);
            Freed();
        }
    }

    /// <summary>Frees what the handle stands for.</summary>
    protected virtual void Free() => NativeMemory.AlignedFree((void*)handle);

    protected sealed override bool ReleaseHandle()
    {
        LetGo();
        return true;
    }

    partial void Described(string content);

    partial void Held(long bytes);

    partial void Freed();
}
