// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Tool.Bench;

/// <summary>What <c>kleidi bench --json</c> writes.</summary>
/// <param name="Machine">Where it was measured.</param>
/// <param name="Measured">When it was over.</param>
/// <param name="Method">How it was measured.</param>
/// <param name="Ceilings">What the machine can do at most.</param>
/// <param name="Layers">Each layer shape.</param>
/// <param name="Model">The layers together, for each number of rows; empty where they are not those of a model.</param>
internal sealed record BenchReport(
    MachineReport Machine,
    DateTimeOffset Measured,
    BenchMethod Method,
    CeilingReport Ceilings,
    IReadOnlyList<LayerReport> Layers,
    IReadOnlyList<ModelReport> Model);

/// <summary>How it was measured.</summary>
/// <param name="Threads">Threads of every multiplication and of the bandwidth probe.</param>
/// <param name="Group">Values per group of the int4 weights.</param>
/// <param name="LastLevelCacheBytes">The cache that the weights must not fit.</param>
/// <param name="LastLevelCacheKnown">Whether the system said so.</param>
/// <param name="RotatedBytes">Packed weights of one format that calls go through before they come back to the
/// same.</param>
/// <param name="Notes">The same in words.</param>
internal sealed record BenchMethod(
    int Threads,
    int Group,
    long LastLevelCacheBytes,
    bool LastLevelCacheKnown,
    long RotatedBytes,
    IReadOnlyList<string> Notes);

/// <summary>
/// What the machine can do at most with all threads, measured between the multiplications: medians of the medians of each
/// layer and number of rows.
/// </summary>
/// <param name="ReadGigabytesPerSecond">Reading memory.</param>
/// <param name="Int8GigaopsPerSecond">Multiplying and adding 8-bit integers; null where there is no loop for the
/// processor.</param>
/// <param name="Int8Instruction">The instruction that does it.</param>
/// <param name="F32GigaopsPerSecond">Multiplying and adding floats; null likewise.</param>
/// <param name="F32Instruction">The instruction that does it.</param>
internal sealed record CeilingReport(
    double ReadGigabytesPerSecond,
    double? Int8GigaopsPerSecond,
    string? Int8Instruction,
    double? F32GigaopsPerSecond,
    string? F32Instruction);

/// <summary>One layer shape. Sizes and times are of the whole layer, also where only a part was measured.</summary>
/// <param name="Name">The layers that have it.</param>
/// <param name="OutFeatures">n.</param>
/// <param name="InFeatures">k.</param>
/// <param name="PerModel">Layers of this shape in the model; 0 where the shapes are not those of a model.</param>
/// <param name="MeasuredOut">Rows of the weight matrix that were measured.</param>
/// <param name="Int4Bytes">Packed bytes.</param>
/// <param name="F32Bytes">Packed bytes.</param>
/// <param name="SqnrDecibels">Power of the f32 results over the power of what int4 results differ from them.</param>
/// <param name="Rows">Times for each number of rows of x.</param>
internal sealed record LayerReport(
    string Name,
    int OutFeatures,
    int InFeatures,
    int PerModel,
    int MeasuredOut,
    long Int4Bytes,
    long F32Bytes,
    double SqnrDecibels,
    IReadOnlyList<LayerTimes> Rows);

/// <summary>Times of one layer shape with one number of rows.</summary>
/// <param name="Rows">m.</param>
/// <param name="Runs">Turns of which medians are given.</param>
/// <param name="Int4">Int4 weights.</param>
/// <param name="F32">Float weights.</param>
/// <param name="SpeedUp">Median of f32 time over int4 time, turn by turn.</param>
/// <param name="SpeedUpLowerQuartile">A quarter of the turns' ratios are below this.</param>
/// <param name="SpeedUpUpperQuartile">A quarter of the turns' ratios are above this: far apart where the machine was
/// busy.</param>
/// <param name="ReadGigabytesPerSecond">What reading memory with all threads gave in the same turns.</param>
/// <param name="Int4ShareOfRead">Median of the int4 weights' rate over that, turn by turn.</param>
/// <param name="Int8PeakGigaopsPerSecond">What <see cref="CeilingReport.Int8Instruction"/> gave in the same
/// turns.</param>
/// <param name="Int4ShareOfPeak">Median of the int4 operations' rate over that, turn by turn.</param>
/// <param name="F32PeakGigaopsPerSecond">What <see cref="CeilingReport.F32Instruction"/> gave in the same turns.</param>
/// <param name="F32ShareOfPeak">Median of the f32 operations' rate over that, turn by turn.</param>
/// <param name="Peers">The same int4 multiplication against each peer.</param>
internal sealed record LayerTimes(
    int Rows,
    int Runs,
    FormatTimes Int4,
    FormatTimes F32,
    double SpeedUp,
    double SpeedUpLowerQuartile,
    double SpeedUpUpperQuartile,
    double ReadGigabytesPerSecond,
    double Int4ShareOfRead,
    double? Int8PeakGigaopsPerSecond,
    double? Int4ShareOfPeak,
    double? F32PeakGigaopsPerSecond,
    double? F32ShareOfPeak,
    IReadOnlyList<PeerTimes> Peers);

/// <summary>Median time and rates of one format.</summary>
/// <param name="Microseconds">One multiplication.</param>
/// <param name="GigabytesPerSecond">Weight bytes over time.</param>
/// <param name="GigaopsPerSecond">2 m n k over time.</param>
/// <param name="Kernel">The kernel that ran.</param>
internal sealed record FormatTimes(
    double Microseconds, double GigabytesPerSecond, double GigaopsPerSecond, string Kernel);

/// <summary>The multiplications of a whole model with one number of rows: the layers' medians, summed.</summary>
/// <param name="Rows">m.</param>
/// <param name="Int4Milliseconds">All layers once.</param>
/// <param name="F32Milliseconds">All layers once.</param>
/// <param name="SpeedUp">Their ratio.</param>
/// <param name="Int4TokensPerSecond">m over the time.</param>
/// <param name="F32TokensPerSecond">m over the time.</param>
/// <param name="Int4Bytes">Weights.</param>
/// <param name="F32Bytes">Weights.</param>
internal sealed record ModelReport(
    int Rows,
    double Int4Milliseconds,
    double F32Milliseconds,
    double SpeedUp,
    double Int4TokensPerSecond,
    double F32TokensPerSecond,
    long Int4Bytes,
    long F32Bytes);
