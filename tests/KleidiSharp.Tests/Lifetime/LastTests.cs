// SPDX-License-Identifier: Apache-2.0
using Xunit.Abstractions;

namespace KleidiSharp.Tests.Lifetime;

/// <summary>Tests that run after all others, and the order in which that is so; the project file names it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LastTests : ITestCollectionOrderer
{
    public const string Name = "last";

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => collection.DisplayName == Name);
}
