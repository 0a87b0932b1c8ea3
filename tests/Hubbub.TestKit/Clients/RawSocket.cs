using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Hubbub.TestKit.Clients;

/// <summary>
/// A TCP connection, with TLS where the server has it, that sends whatever bytes it is told to, for requests and frames that no proper client makes. It reads HTTP heads and WebSocket
/// frames without judging them. Every read has a deadline. One thread at a time.
/// </summary>
public sealed class RawSocket : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly List<byte> _read = [];
    private bool _inflates;

    private RawSocket(Socket socket, Stream stream)
    {
        _socket = socket;
        _stream = stream;
    }

    /// <param name="server">Only its scheme, host and port are used.</param>
    /// <param name="receiveBuffer">Size of the kernel's receive buffer, for a reader that soon takes nothing more; 0 leaves the default.</param>
    public static async Task<RawSocket> ConnectAsync(Uri server, int receiveBuffer = 0)
    {
        ArgumentNullException.ThrowIfNull(server);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        await socket.ConnectAsync(server.Host, server.Port);
        var stream = new NetworkStream(socket, ownsSocket: true);
        if (server.Scheme != Uri.UriSchemeHttps)
            return new RawSocket(socket, stream);
        var secured = new SslStream(stream, leaveInnerStreamOpen: false, TestCertificate.IsShown);
        await Eventually.WithinAsync("the TLS handshake ends", secured.AuthenticateAsClientAsync(server.Host));
        return new RawSocket(socket, secured);
    }

    /// <summary>
    /// Connects and shakes hands at <c>/ws</c>; what follows are frames. In a run with compression (<see cref="Variant.Deflate"/>) it is offered, unless the headers say what is to be
    /// offered, and frames are read as they were before they were compressed.
    /// </summary>
    public static async Task<RawSocket> UpgradeAsync(Uri server, string? token = null, int receiveBuffer = 0, params string[] headers)
    {
        var raw = await ConnectAsync(server, receiveBuffer);
        string[] all = token is null ? headers : [$"Authorization: Bearer {token}", .. headers];
        var offers = Variant.Deflate && !headers.Any(h => h.StartsWith("Sec-WebSocket-Extensions:", StringComparison.OrdinalIgnoreCase));
        await raw.SendAsync(Handshake(server, headers: offers ? [.. all, "Sec-WebSocket-Extensions: permessage-deflate"] : all));
        var head = await raw.ReadHeadAsync();
        if (!head.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
            throw new InvalidOperationException($"The upgrade was refused: {head}");
        raw._inflates = offers && head.Contains("Sec-WebSocket-Extensions: permessage-deflate", StringComparison.OrdinalIgnoreCase);
        return raw;
    }

    /// <summary>A proper handshake's text, to which a test adds what it likes.</summary>
    public static string Handshake(Uri server, string path = "/ws", params string[] headers)
    {
        ArgumentNullException.ThrowIfNull(server);
        string[] lines =
        [
            $"GET {path} HTTP/1.1", $"Host: {server.Authority}", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==", .. headers, "", "",
        ];
        return string.Join("\r\n", lines);
    }

    /// <summary>A client's frame: masked, whole and properly written unless told otherwise.</summary>
    public static byte[] Frame(byte opcode, ReadOnlySpan<byte> payload, bool final = true, bool masked = true, byte reserved = 0)
    {
        var frame = new List<byte>(payload.Length + 14) { (byte)((final ? 0x80 : 0) | reserved | opcode) };
        var maskBit = (byte)(masked ? 0x80 : 0);
        Span<byte> length = stackalloc byte[8];
        switch (payload.Length)
        {
            case <= 125:
                frame.Add((byte)(maskBit | payload.Length));
                break;
            case <= ushort.MaxValue:
                frame.Add((byte)(maskBit | 126));
                BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
                frame.AddRange(length[..2]);
                break;
            default:
                frame.Add((byte)(maskBit | 127));
                BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
                frame.AddRange(length);
                break;
        }

        ReadOnlySpan<byte> mask = [0x37, 0xfa, 0x21, 0x3d];
        if (masked)
            frame.AddRange(mask);
        for (var i = 0; i < payload.Length; i++)
            frame.Add(masked ? (byte)(payload[i] ^ mask[i & 3]) : payload[i]);
        return [.. frame];
    }

    public static byte[] TextFrame(string text, bool final = true) => Frame(1, Encoding.UTF8.GetBytes(text), final);

    public Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) =>
        await Eventually.WithinAsync("the server takes what is sent", _stream.WriteAsync(bytes).AsTask());

    /// <summary>Sends until all is sent or the server has closed; returns whether all was sent.</summary>
    public async Task<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Says that nothing more will be sent (FIN); reading goes on.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection with a reset, without a word.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Close();
    }

    /// <summary>Reads a response's head, with the empty line.</summary>
    public async Task<string> ReadHeadAsync(TimeSpan? deadline = null)
    {
        var head = new StringBuilder();
        while (head.Length < 4 || head.ToString(head.Length - 4, 4) != "\r\n\r\n")
            head.Append((char)(await ReadExactlyAsync(1, "a response's head comes", deadline))[0]);
        return head.ToString();
    }

    /// <summary>Reads a whole response that says how long it is, or says it by closing.</summary>
    public async Task<(string Head, string Body)> ReadResponseAsync(TimeSpan? deadline = null)
    {
        var head = await ReadHeadAsync(deadline);
        return (head, await ReadBodyAsync(head, deadline));
    }

    /// <summary>Reads the body that a head announces.</summary>
    public async Task<string> ReadBodyAsync(string head, TimeSpan? deadline = null)
    {
        ArgumentNullException.ThrowIfNull(head);
        if (head.Contains("Transfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
            return await ReadChunksAsync(deadline);
        var length = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase));
        var body = length is not null
            ? await ReadExactlyAsync(int.Parse(length.AsSpan()["Content-Length:".Length..]), "the response's body comes", deadline)
            : await ReadToEndAsync(deadline);
        return Encoding.UTF8.GetString(body);
    }

    /// <summary>Reads one server frame.</summary>
    public async Task<RawFrame> ReadFrameAsync(TimeSpan? deadline = null)
    {
        const string Reason = "a frame comes from the server";
        var head = await ReadExactlyAsync(2, Reason, deadline);
        long length = head[1] & 0x7F;
        if (length == 126)
            length = BinaryPrimitives.ReadUInt16BigEndian(await ReadExactlyAsync(2, Reason, deadline));
        else if (length == 127)
            length = BinaryPrimitives.ReadInt64BigEndian(await ReadExactlyAsync(8, Reason, deadline));
        var payload = await ReadExactlyAsync((int)length, Reason, deadline);
        var frame = new RawFrame((byte)(head[0] & 0x0F), (head[0] & 0x80) != 0, (head[1] & 0x80) != 0, payload) { Reserved = (byte)(head[0] & 0x70) };
        return _inflates && frame.IsCompressed ? frame with { Payload = Deflated.Unpack(payload), Reserved = 0 } : frame;
    }

    /// <summary>Reads frames until the close frame, and returns its code; 0 if the connection ended without one.</summary>
    public async Task<int> ReadCloseCodeAsync(TimeSpan? deadline = null)
    {
        try
        {
            while (true)
            {
                var frame = await ReadFrameAsync(deadline);
                if (frame.Opcode == RawFrame.Close)
                    return frame.CloseCode;
            }
        }
        catch (IOException)
        {
            return 0;
        }
    }

    /// <summary>Reads to the end of the stream; a reset counts as an end.</summary>
    public async Task<byte[]> ReadToEndAsync(TimeSpan? deadline = null)
    {
        var all = new List<byte>(_read);
        _read.Clear();
        var buffer = new byte[16 * 1024];
        try
        {
            while (true)
            {
                var count = await Eventually.WithinAsync("the server closes the connection", _stream.ReadAsync(buffer).AsTask(), deadline);
                if (count == 0)
                    break;
                all.AddRange(buffer.AsSpan(0, count));
            }
        }
        catch (IOException)
        {
            // Reset: nothing more comes.
        }

        return [.. all];
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<string> ReadChunksAsync(TimeSpan? deadline)
    {
        var body = new List<byte>();
        while (true)
        {
            var line = new StringBuilder();
            while (line.Length < 2 || line.ToString(line.Length - 2, 2) != "\r\n")
                line.Append((char)(await ReadExactlyAsync(1, "a chunk's length comes", deadline))[0]);
            var length = int.Parse(line.ToString().AsSpan().Trim(), System.Globalization.NumberStyles.AllowHexSpecifier);
            body.AddRange(await ReadExactlyAsync(length, "a chunk comes", deadline));
            await ReadExactlyAsync(2, "a chunk ends", deadline);
            if (length == 0)
                return Encoding.UTF8.GetString([.. body]);
        }
    }

    private async Task<byte[]> ReadExactlyAsync(int count, string reason, TimeSpan? deadline)
    {
        var buffer = new byte[16 * 1024];
        while (_read.Count < count)
        {
            var read = await Eventually.WithinAsync(reason, _stream.ReadAsync(buffer).AsTask(), deadline);
            if (read == 0)
                throw new EndOfStreamException("The server closed the connection.");
            _read.AddRange(buffer.AsSpan(0, read));
        }

        var bytes = _read.GetRange(0, count).ToArray();
        _read.RemoveRange(0, count);
        return bytes;
    }
}

/// <summary>A frame as it came from the server.</summary>
public sealed record RawFrame(byte Opcode, bool Final, bool Masked, byte[] Payload)
{
    public const byte Text = 1;
    public const byte Close = 8;
    public const byte Ping = 9;
    public const byte Pong = 10;

    /// <summary>The reserved bits, in their place: 0x40 says that the payload is compressed.</summary>
    public byte Reserved { get; init; }

    public bool IsCompressed => Reserved == Deflated.Bit;

    public string AsText => Encoding.UTF8.GetString(Payload);

    /// <summary>Of a close frame: its code; 1005 if it says none.</summary>
    public int CloseCode => Payload.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Payload) : 1005;
}
