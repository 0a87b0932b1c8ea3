using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol.WebSockets;
using Hubbub.Server.Auth;
using Hubbub.Server.Transports.WebSockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>
/// A connection of which nobody knows yet what it wants. Its first bytes are looked at and left in the socket: a proper upgrade of our path becomes a <see cref="LoopConnection"/>; everybody else,
/// whoever is slow, and whoever is to be refused, goes to Kestrel as if nobody had looked.
/// </summary>
internal sealed partial class Visitor(int descriptor, EventLoop loop, LoopServices services, Authenticator authenticator, Action<int> handOver) : IWatched
{
    /// <summary>Edge-triggered, since the bytes stay where they are.</summary>
    public const uint Interest = Kernel.Readable | Kernel.EdgeTriggered;

    /// <summary>Ticks until a head must be there. Kestrel's own deadline for slow ones begins then.</summary>
    private const int Patience = 2;

    private int _ticks;
    private bool _isDeciding;

    public int Descriptor { get; } = descriptor;

    public int Slot { get; set; } = IWatched.Nowhere;

    public void OnReady(uint events)
    {
        if (_isDeciding)
            return;
        try
        {
            Look();
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            LogBug(services.Logger, bug);
            Shut();
        }
    }

    public void Tick()
    {
        if (!_isDeciding && ++_ticks > Patience)
            HandOver();
    }

    public void Shut()
    {
        if (Slot == IWatched.Nowhere)
            return;
        loop.Forget(this);
        _ = Kernel.Close(Descriptor);
    }

    private void Look()
    {
        var length = Receive(UpgradeHead.MaxLength, Kernel.Peek);
        if (length < 0 && Marshal.GetLastPInvokeError() is Kernel.WouldBlock or Kernel.Interrupted)
            return;
        if (length <= 0)
        {
            Shut();
            return;
        }

        switch (UpgradeHead.Read(loop.Inbox.AsSpan(0, length), out var head))
        {
            case HeadKind.Other:
                HandOver();
                break;
            case HeadKind.Upgrade:
                _isDeciding = true;
                _ = DecideAsync(head!);
                break;
        }
    }

    private async Task DecideAsync(UpgradeHead head)
    {
        // Nobody looks at a ticket for a handshake that must fail anyway: Kestrel's answer would no longer be why.
        if (Compression.IsMalformed(services.Acts, head.Extensions))
        {
            HandOver();
            return;
        }

        // First a place, then the credentials: a ticket is used up by looking at it, and Kestrel's answer to it would no longer be that the node is full.
        if (services.Acts.Admission.TryEnter(head.ClientAddress(services.BelievesProxy) ?? Kernel.PeerOf(Descriptor), out var place) is not null)
        {
            HandOver();
            return;
        }

        var hasSettled = false;
        try
        {
            var result = await AuthenticateAsync(head);
            var caller = (result as AuthResult.Known)?.Caller;
            if (Slot == IWatched.Nowhere)
                return;
            if (result is AuthResult.Refused || (caller is not null && services.Acts.Admission.TryIdentify(caller.User, ref place) is not null)
                || !Compression.TryNegotiate(services.Acts, caller, head.Extensions, out var deflate, out var extensions))
                HandOver();
            else
                hasSettled = TrySettle(head, caller, place, deflate, extensions);
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            // The loop goes on for the others.
            LogBug(services.Logger, bug);
            Shut();
        }
        finally
        {
            if (!hasSettled)
                services.Acts.Admission.Leave(place);
        }
    }

    private async ValueTask<AuthResult?> AuthenticateAsync(UpgradeHead head)
    {
        try
        {
            return await authenticator.AuthenticateAsync(head.CredentialsOf(services.BelievesProxy), Entrance.WebSocket, CancellationToken.None);
        }
        catch (StoreException)
        {
            // Whether a ticket was used before is not known; Kestrel's side asks again, and says so.
            return new AuthResult.Refused(Protocol.Refusals.StoreUnavailable);
        }
    }

    /// <summary>Answers, and becomes a connection of the loop. False if the peer has gone.</summary>
    private bool TrySettle(UpgradeHead head, Caller? caller, Place place, PerMessageDeflate deflate, string? extensions)
    {
        var accepted = Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {Handshake.Accept(head.Key)}\r\n"
            + (extensions is null ? "" : $"Sec-WebSocket-Extensions: {extensions}\r\n")
            + (Handshake.Offers(head.Subprotocols, Handshake.Subprotocol) ? $"Sec-WebSocket-Protocol: {Handshake.Subprotocol}\r\n\r\n" : "\r\n"));

        // A fresh socket takes so little at once, and has what was peeked at.
        if (Receive(head.Length, 0) != head.Length || Send(accepted) != accepted.Length)
        {
            Shut();
            return false;
        }

        loop.Settle(this, new LoopConnection(Descriptor, loop, services, caller, place, deflate));
        return true;
    }

    private void HandOver()
    {
        loop.Forget(this, livesOn: true);
        handOver(Descriptor);
    }

    private unsafe int Receive(int length, int flags)
    {
        fixed (byte* inbox = loop.Inbox)
            return (int)Kernel.Receive(Descriptor, inbox, length, flags);
    }

    private unsafe int Send(byte[] bytes)
    {
        fixed (byte* start = bytes)
            return Kernel.SendNow(Descriptor, start, bytes.Length);
    }

    [LoggerMessage(LogLevel.Error, "A WebSocket handshake met a bug and was ended")]
    private static partial void LogBug(ILogger logger, Exception e);
}
