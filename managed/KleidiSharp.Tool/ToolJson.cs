// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;
using System.Text.Json.Serialization;
using KleidiSharp.Tool.Bench;
using KleidiSharp.Tool.BenchModel;
using KleidiSharp.Tool.Diff;
using KleidiSharp.Tool.Doctor;
using KleidiSharp.Tool.Info;
using KleidiSharp.Tool.Run;

namespace KleidiSharp.Tool;

/// <summary>
/// How reports are written as JSON: property names in camelCase, numbers that are not finite as strings.
/// </summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    WriteIndented = true,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(InfoReport))]
[JsonSerializable(typeof(DiffReport))]
[JsonSerializable(typeof(RunReport))]
[JsonSerializable(typeof(PerplexityReport))]
[JsonSerializable(typeof(BenchReport))]
[JsonSerializable(typeof(BenchModelReport))]
internal sealed partial class ToolJson : JsonSerializerContext;
