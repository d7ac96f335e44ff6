// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace KleidiSharp;

/// <summary>A child process that answers one request at a time, framed as native/device/PROTOCOL.md says.</summary>
internal sealed class DeviceProcess : IDisposable
{
    private const int FrameBytes = 16;
    private const int KeptErrorCharacters = 4000;
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(5);

    private readonly object gate = new();
    private readonly StringBuilder errors = new();
    private readonly Process process;
    private readonly Thread errorReader;
    private readonly string command;
    private bool disposed;

    public DeviceProcess(string command)
    {
        this.command = command;
        List<string> words = CommandWords.Split(command);
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new KernelDeviceException($"The kernel device '{command}' cannot be started: {e.Message}", e);
        }

        // A thread of its own: it must not wait for a place in a busy thread pool.
        errorReader = new Thread(KeepErrors) { IsBackground = true, Name = "KleidiSharp device errors" };
        errorReader.Start();
    }

    /// <summary>Sends a request and waits for the result.</summary>
    /// <param name="operation">The number of the operation.</param>
    /// <param name="body">What it takes.</param>
    /// <exception cref="KernelDeviceException">The program died or sent something else.</exception>
    /// <exception cref="ArgumentException">
    /// The program refused an argument; other statuses have other exceptions (<see cref="NativeStatus"/>).
    /// </exception>
    public byte[] Request(int operation, ReadOnlySpan<byte> body)
    {
        Span<byte> frame = stackalloc byte[FrameBytes];
        int status;
        byte[] reply;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(disposed, typeof(KernelDevice));
            try
            {
                frame.Clear();
                BinaryPrimitives.WriteInt32LittleEndian(frame, operation);
                BinaryPrimitives.WriteInt64LittleEndian(frame[8..], body.Length);
                Stream input = process.StandardInput.BaseStream;
                input.Write(frame);
                input.Write(body);
                input.Flush();

                Stream output = process.StandardOutput.BaseStream;
                output.ReadExactly(frame);
                status = BinaryPrimitives.ReadInt32LittleEndian(frame);
                int reserved = BinaryPrimitives.ReadInt32LittleEndian(frame[4..]);
                long length = BinaryPrimitives.ReadInt64LittleEndian(frame[8..]);
                if (reserved != 0 || length < 0 || length > Array.MaxLength)
                {
                    throw new KernelDeviceException(
                        $"'{command}' does not speak the protocol of a kernel device: it sent {Convert.ToHexString(frame)}.");
                }

                reply = new byte[length];
                output.ReadExactly(reply);
            }
            catch (IOException e) when (e is not KernelDeviceException)
            {
                throw new KernelDeviceException($"The kernel device '{command}' {HowItEnded()}", e);
            }
        }

        if (status != 0)
        {
            string message = Encoding.UTF8.GetString(reply);
            throw NativeStatus.ToException(
                status, message.Length > 0 ? message : $"The kernel device answered with status {status}.");
        }

        return reply;
    }

    /// <summary>Ends the program from another thread; a request that waits for it then fails.</summary>
    public void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended by itself meanwhile.
        }
    }

    /// <summary>
    /// Closes its input, which ends it, and waits a little before ending it by force; so, too, where it leaves a request
    /// without an answer.
    /// </summary>
    public void Dispose()
    {
        if (!Monitor.TryEnter(gate, s_grace))
        {
            Kill();
            Monitor.Enter(gate);
        }

        try
        {
            if (!disposed)
            {
                disposed = true;
                End();
            }
        }
        finally
        {
            Monitor.Exit(gate);
        }
    }

    private void End()
    {
        try
        {
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended by itself before.
        }

        if (!process.WaitForExit(s_grace))
        {
            Kill();
        }

        process.Dispose();
    }

    private string HowItEnded()
    {
        string how = process.WaitForExit(s_grace) ? $"ended with exit code {process.ExitCode}." : "closed its output.";

        // A child that it left behind may keep its output open.
        errorReader.Join(s_grace);
        lock (errors)
        {
            return errors.Length == 0 ? how + " It printed no error." : $"{how} It printed: {errors.ToString().TrimEnd()}";
        }
    }

    private void KeepErrors()
    {
        try
        {
            while (process.StandardError.ReadLine() is { } line)
            {
                lock (errors)
                {
                    errors.AppendLine(line);
                    errors.Remove(0, Math.Max(0, errors.Length - KeptErrorCharacters));
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The process was disposed of.
        }
    }
}
