// SPDX-License-Identifier: Apache-2.0
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using KleidiSharp.Benchmarks;

IConfig config = ManualConfig.CreateEmpty()
    .AddLogger(ConsoleLogger.Default)
    .AddColumnProvider(DefaultColumnProviders.Instance)
    .AddColumn(StatisticColumn.Median)
    .AddExporter(MarkdownExporter.GitHub)
    .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "results"));

// In this process: what is measured is what was built here, with the native library beside it.
Summary[] summaries = [.. BenchmarkSwitcher.FromAssembly(typeof(Operands).Assembly).Run([.. args, "--inProcess"], config)];

// The library reports what went wrong, but not to who started it.
bool nothing = args.Contains("--filter") && summaries.Length == 0;
bool failed = summaries.Any(s => s.HasCriticalValidationErrors || s.Reports.Length == 0 || s.Reports.Any(r => !r.Success));
return nothing || failed ? 1 : 0;
