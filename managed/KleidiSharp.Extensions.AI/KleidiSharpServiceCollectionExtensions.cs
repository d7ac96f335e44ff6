// SPDX-License-Identifier: Apache-2.0
using KleidiSharp.Extensions.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds chat clients that answer with a model in this process.</summary>
/// <remarks>
/// The client is a singleton; the model is loaded when the client is first asked for, and the container disposes of both.
/// Options are checked when the host starts. Messages go to the container's <see cref="ILoggerFactory"/>, and the time
/// comes from its <see cref="TimeProvider"/>, where it has them.
/// </remarks>
public static class KleidiSharpServiceCollectionExtensions
{
    /// <summary>Adds an <see cref="IChatClient"/>, unless there is one.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelPath">The model's GGUF file.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddKleidiSharpChatClient(this IServiceCollection services, string modelPath) =>
        services.AddKleidiSharpChatClient(options => options.ModelPath = modelPath);

    /// <summary>Adds an <see cref="IChatClient"/>, unless there is one.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddKleidiSharpChatClient(
        this IServiceCollection services, Action<KleidiSharpChatOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        if (!services.Any(service => service.ServiceType == typeof(IChatClient) && !service.IsKeyedService))
        {
            AddOptions(services, Options.Options.DefaultName, configure);
            services.AddSingleton<IChatClient>(provider => Create(provider, Options.Options.DefaultName));
        }

        return services;
    }

    /// <summary>Adds an <see cref="IChatClient"/> under a key, unless there is one under it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; its options have it as their name.</param>
    /// <param name="modelPath">The model's GGUF file.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddKeyedKleidiSharpChatClient(
        this IServiceCollection services, string serviceKey, string modelPath) =>
        services.AddKeyedKleidiSharpChatClient(serviceKey, options => options.ModelPath = modelPath);

    /// <summary>Adds an <see cref="IChatClient"/> under a key, unless there is one under it.</summary>
    /// <param name="services">The services.</param>
    /// <param name="serviceKey">The key; its options have it as their name.</param>
    /// <param name="configure">Sets the options.</param>
    /// <returns><paramref name="services"/>.</returns>
    public static IServiceCollection AddKeyedKleidiSharpChatClient(
        this IServiceCollection services, string serviceKey, Action<KleidiSharpChatOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(serviceKey);
        ArgumentNullException.ThrowIfNull(configure);
        if (!services.Any(service => service.ServiceType == typeof(IChatClient) && Equals(service.ServiceKey, serviceKey)))
        {
            AddOptions(services, serviceKey, configure);
            services.AddKeyedSingleton<IChatClient>(serviceKey, (provider, _) => Create(provider, serviceKey));
        }

        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<KleidiSharpChatOptions> configure)
    {
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<KleidiSharpChatOptions>, KleidiSharpChatOptionsValidator>());
        services.AddOptions<KleidiSharpChatOptions>(name).Configure(configure).ValidateOnStart();
    }

    private static KleidiSharpChatClient Create(IServiceProvider provider, string name) => KleidiSharpChatClient.Load(
        provider.GetRequiredService<IOptionsMonitor<KleidiSharpChatOptions>>().Get(name),
        provider.GetService<ILoggerFactory>(),
        provider.GetService<TimeProvider>());
}
