using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Hubbub.Compare.Servers;
using Hubbub.Load;
using Hubbub.Load.Loop;
using Hubbub.Load.Loop.Tls;
using Xunit;

namespace Hubbub.UnitTests.Load;

/// <summary>The generator's TLS against .NET's own, with the certificate that the compared servers show.</summary>
public sealed class TlsChannelTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _deadline = new(TimeSpan.FromSeconds(20));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("hubbub-tls-");
    private readonly TlsContext _context = new();
    private readonly Listener _server = new();
    private readonly EventLoop _loop = new("test");
    private readonly X509Certificate2 _certificate;
    private Target _target = null!;

    public TlsChannelTests()
    {
        var files = CertificateFiles.Make(_folder.FullName);
        _certificate = X509Certificate2.CreateFromPemFile(files.Path, files.KeyPath);
        _loop.Start();
    }

    public async Task InitializeAsync()
    {
        _target = (await Target.FindAsync(_server.Address, _deadline.Token)).Over(_context);

        // The look whether anybody listens was a connection too.
        (await _server.AcceptAsync(_deadline.Token)).Dispose();
    }

    public async Task DisposeAsync() => await _loop.DisposeAsync();

    public void Dispose()
    {
        _server.Dispose();
        _context.Dispose();
        _certificate.Dispose();
        _deadline.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_is_sent_comes_back_to_the_last_byte_over_TLS_1_3()
    {
        var (client, stream) = await ConnectAsync();
        using var peer = stream;
        Assert.Equal(SslProtocols.Tls13, peer.SslProtocol);
        Assert.Equal(TlsCipherSuite.TLS_AES_128_GCM_SHA256, peer.NegotiatedCipherSuite);
        var echo = EchoAsync(peer);

        // Many records, and more than a socket takes at once.
        var sent = new byte[200_000];
        new Random(7).NextBytes(sent);
        await _loop.AskAsync(() => client.SendAll(sent));

        await HeardAsync(client, sent.Length);
        Assert.Equal(sent, await _loop.AskAsync(client.Heard.ToArray));
        await _loop.AskAsync(() => client.CloseNow());
        await echo;
    }

    [Fact]
    public async Task Records_that_come_together_are_all_read()
    {
        var (client, stream) = await ConnectAsync();
        using var peer = stream;
        using var written = new ManualResetEventSlim();
        _loop.Post(() => written.Wait(_deadline.Token));
        for (var i = 0; i < 3; i++)
            await peer.WriteAsync(new[] { (byte)i }, _deadline.Token);
        written.Set();

        await HeardAsync(client, 3);
        Assert.Equal([0, 1, 2], await _loop.AskAsync(client.Heard.ToArray));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_servers_end_is_heard_with_a_farewell_and_without(bool withFarewell)
    {
        var (client, stream) = await ConnectAsync();
        if (withFarewell)
            await stream.ShutdownAsync();
        await stream.DisposeAsync();

        Assert.Equal(IChannel.ClosedByServer, await client.Ended.Task.WaitAsync(_deadline.Token));
    }

    [Fact]
    public async Task A_server_of_an_older_TLS_is_refused_with_a_reason()
    {
#pragma warning disable CA5397, CA5398, SYSLIB0039 // An older version is what is refused here.
        var failure = await Assert.ThrowsAsync<BenchmarkFailure>(() => ConnectAsync(SslProtocols.Tls12));
#pragma warning restore CA5397, CA5398, SYSLIB0039
        Assert.Contains("TLS failed: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("protocol version", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_machine_without_OpenSSL_is_told_what_is_missing()
    {
        var failure = Assert.Throws<BenchmarkFailure>(() => OpenSsl.Require("libhubbubhasnosuch.so.3"));
        Assert.Contains("libhubbubhasnosuch.so.3", failure.Message, StringComparison.Ordinal);
    }

    private async Task<(Client Client, SslStream Server)> ConnectAsync(SslProtocols protocols = SslProtocols.None)
    {
        Client client = null!;
        var open = Ramp.OpenAsync(_loop, _target, 1, _ => client = new Client(_loop), () => { }, _deadline.Token);
        var server = new SslStream(new NetworkStream(await _server.AcceptAsync(_deadline.Token), ownsSocket: true));
        try
        {
            await server.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = _certificate, EnabledSslProtocols = protocols }, _deadline.Token);
        }
        catch (AuthenticationException)
        {
            // The client tells it in its own words.
            await server.DisposeAsync();
        }
        await open;
        return (client, server);
    }

    private async Task EchoAsync(SslStream stream)
    {
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, _deadline.Token) is > 0 and var count)
            await stream.WriteAsync(buffer.AsMemory(0, count), _deadline.Token);
    }

    private async Task HeardAsync(Client client, int count)
    {
        while (await _loop.AskAsync(() => client.Heard.Count) < count)
            _deadline.Token.ThrowIfCancellationRequested();
    }

    private sealed class Client(EventLoop loop) : LoopConnection(loop)
    {
        public List<byte> Heard { get; } = [];

        public TaskCompletionSource<string> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool SendAll(byte[] bytes)
        {
            Send(bytes);
            return true;
        }

        public bool CloseNow()
        {
            Shut();
            return true;
        }

        protected override void OnConnected() => Settle(null);

        protected override int OnBytes(Span<byte> bytes, long now)
        {
            Heard.AddRange(bytes);
            return bytes.Length;
        }

        protected override void OnClosed(string reason) => Ended.TrySetResult(reason);
    }
}
