// SPDX-License-Identifier: Apache-2.0
using System.Text;
using KleidiSharp.Tool;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return CommandLine.Run(args, Console.Out, Console.Error);
