// SPDX-License-Identifier: Apache-2.0
namespace KleidiSharp.Models;

/// <summary>How well a model predicts a text.</summary>
/// <param name="Perplexity">e to the power of <paramref name="MeanNll"/>; 1 is perfect.</param>
/// <param name="MeanNll">The mean over all predicted tokens of the negative natural logarithm of their probability.</param>
/// <param name="Tokens">Predicted tokens: all but the first of each window.</param>
/// <param name="Windows">Windows the text was cut into.</param>
public readonly record struct PerplexityResult(double Perplexity, double MeanNll, int Tokens, int Windows);
