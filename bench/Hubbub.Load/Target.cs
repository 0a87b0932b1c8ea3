using System.Net;
using System.Net.Sockets;
using Hubbub.Load.Loop;
using Hubbub.Load.Loop.Tls;

namespace Hubbub.Load;

/// <summary>
/// The one address under load. It is a loopback address always: this program opens thousands of connections as fast as it can,
/// which on somebody else's machine is an attack, and over a network it would measure the network.
/// </summary>
internal sealed class Target
{
    private readonly TlsContext? _tls;

    private Target(IPEndPoint endPoint, string host, TlsContext? tls = null)
    {
        _tls = tls;
        EndPoint = endPoint;
        Host = host;
        var address = endPoint.Serialize();
        Address = address.Buffer[..address.Size];
        Family = endPoint.AddressFamily == AddressFamily.InterNetworkV6 ? 10 : 2;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>What requests say in their <c>Host</c> field.</summary>
    public string Host { get; }

    /// <summary>The address as the kernel's <c>connect</c> takes it, and its family number on Linux.</summary>
    public Memory<byte> Address { get; }

    public int Family { get; }

    /// <summary>The same address, spoken to with TLS by the connections of event loops.</summary>
    public Target Over(TlsContext tls) => new(EndPoint, Host, tls);

    /// <summary>What to speak over a socket that is connected to this target.</summary>
    public IChannel OpenChannel(int descriptor) => _tls is null ? new PlainChannel(descriptor) : new TlsChannel(_tls, descriptor);

    /// <summary>
    /// Takes an <c>http</c> address of this machine. <c>localhost</c> means 127.0.0.1, or ::1 where only that answers; no
    /// name is looked up.
    /// </summary>
    public static async Task<Target> FindAsync(Uri uri, CancellationToken cancel)
    {
        if (!uri.IsAbsoluteUri || uri.Scheme != Uri.UriSchemeHttp)
            throw new BenchmarkFailure($"The target must be an http:// address, and \"{uri}\" is not.");
        if (uri.PathAndQuery != "/")
            throw new BenchmarkFailure($"The target is a server's address without a path, so not \"{uri}\".");
        var candidates = Candidates(uri);
        foreach (var candidate in candidates)
        {
            if (await AnswersAsync(candidate, cancel))
                return new Target(candidate, uri.Authority);
        }
        throw new BenchmarkFailure($"Nothing listens at {uri.GetLeftPart(UriPartial.Authority)}. Is the server running?");
    }

    private static IPEndPoint[] Candidates(Uri uri)
    {
        if (uri.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return [new(IPAddress.Loopback, uri.Port), new(IPAddress.IPv6Loopback, uri.Port)];
        if (IPAddress.TryParse(uri.DnsSafeHost, out var address) && IPAddress.IsLoopback(address))
            return [new(address, uri.Port)];
        throw new BenchmarkFailure(
            $"The load generator only aims at this machine (localhost, 127.0.0.0/8, ::1), and \"{uri.Host}\" is not that.");
    }

    private static async Task<bool> AnswersAsync(IPEndPoint endPoint, CancellationToken cancel)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(3));
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(endPoint, deadline.Token);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return false;
        }
    }
}
