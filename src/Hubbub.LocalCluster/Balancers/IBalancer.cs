namespace Hubbub.LocalCluster.Balancers;

/// <summary>What stands in front of the nodes: NGINX or HAProxy, as an operator would run it.</summary>
public interface IBalancer : IAsyncDisposable
{
    /// <summary>Where clients come in.</summary>
    Uri Url { get; }

    /// <summary>Spreads new connections over these nodes from now on; those that are open stay where they are.</summary>
    Task UseAsync(IReadOnlyList<Uri> nodes);
}

/// <summary>Reads the configurations of <c>deploy/</c>, which are in this assembly.</summary>
internal static class Deployed
{
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(Deployed).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"There is no {name}."));
        return reader.ReadToEnd();
    }
}
