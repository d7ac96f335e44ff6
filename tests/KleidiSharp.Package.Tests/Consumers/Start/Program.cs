// One multiplication, as short as it gets.
using KleidiSharp;

float[] w = new float[512 * 512], x = new float[512], y = new float[512];
using var layer = PackedWeights.Quantize(w, 512, 512, WeightFormat.Int4Group(32));
layer.MatMul(x, y, rows: 1);
Console.WriteLine($"backend: {ComputeContext.Default.Backend}");
