using Hubbub.Compare.Dialects;

namespace Hubbub.Compare.Peers;

/// <summary>A peer in <c>bench/peers</c> that is an ASP.NET Core program and was built with the solution.</summary>
internal sealed class AspNetPeer(string name, string title, string description, string program, IDialect dialect) : IPeer
{
    public string Name => name;

    public string Title => title;

    public string Description => description;

    public IDialect Dialect => dialect;

    public Launch Launch(Place place) => new(
        Path.Combine(place.Root, "bench/peers", name, "bin/Release/net10.0", program),
        [place.Address])
    {
        Environment = new Dictionary<string, string>(place.KestrelSettings)
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
        },
    };

    public string Version(string root) => $"ASP.NET Core {Environment.Version}";
}
