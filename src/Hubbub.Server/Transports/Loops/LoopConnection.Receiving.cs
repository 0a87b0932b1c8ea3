using System.Buffers;
using System.Runtime.InteropServices;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Hubbub.Server.Transports.WebSockets;

namespace Hubbub.Server.Transports.Loops;

/// <summary>The receiving side: one read a turn, acted on where it lies.</summary>
internal sealed partial class LoopConnection
{
    private void Receive(bool isBroken)
    {
        if (IsOver)
            return;
        if (Has(State.Acting | State.Stalled | State.Silent))
        {
            // Not asked for: the kernel tells of a reset even so.
            if (isBroken)
                Die();
            return;
        }

        var kept = TakeRest();
        var received = ReceiveBehind(kept);
        if (received > 0)
        {
            _heardAt = Time.GetTimestamp();
            Unset(State.Pinged);
            if (!Has(State.Deaf))
                Act(kept + received);
            return;
        }

        KeepRest(0, kept);
        if (received == 0)
            HearNothingMore();
        else if (Marshal.GetLastPInvokeError() is not (Kernel.WouldBlock or Kernel.Interrupted))
            Die();
    }

    /// <summary>The peer has closed its side. After its close frame it may still listen to our last words.</summary>
    private void HearNothingMore()
    {
        if (!Has(State.CloseReceived) || HasClosed)
        {
            Die();
            return;
        }

        Set(State.Silent);
        Watch();
    }

    private unsafe int ReceiveBehind(int filled)
    {
        fixed (byte* inbox = _loop.Inbox)
            return (int)Kernel.Receive(Descriptor, inbox + filled, _loop.Inbox.Length - filled, 0);
    }

    /// <summary>Acts on the first bytes of the inbox, frame by frame, until no whole frame is left or an act must wait.</summary>
    private void Act(int filled)
    {
        var start = 0;
        while (start < filled && !Has(State.Stalled) && !IsOver)
        {
            var kind = _reader.Read(_loop.Inbox.AsMemory(start, filled - start), out var consumed, out var payload);
            if (kind == Received.Incomplete)
                break;
            start += consumed;
            if (kind == Received.Text && HasClosed)
                continue;
            if (kind == Received.Text)
            {
                var taking = _acts.TakeAsync(payload);
                if (!taking.IsCompletedSuccessfully)
                {
                    KeepRest(start, filled);
                    Set(State.Acting);
                    Watch();
                    _ = GoOnAfterAsync(taking.AsTask());
                    return;
                }

                if (!HasTaken(taking.Result))
                    return;
            }
            else if (!TakeControl(kind, payload.Span))
            {
                return;
            }
        }

        KeepRest(start, filled);
        Watch();
    }

    /// <summary>Goes on with what lies behind an act that had to wait. Runs on the loop; its bugs are the connection's.</summary>
    private async Task GoOnAfterAsync(Task<bool> taking)
    {
        try
        {
            var goesOn = await taking;
            Unset(State.Acting);
            if (IsOver || !HasTaken(goesOn))
                return;
            GoOn();
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            Unset(State.Acting);
            Fail(bug);
        }
    }

    private void GoOn()
    {
        if (_rest is null)
            Watch();
        else
            Act(TakeRest());
    }

    private bool HasTaken(bool goesOn)
    {
        _reader.Forget();
        if (!goesOn)
        {
            // The close has been asked for already.
            StopListening();
            return false;
        }

        if (Feed.AnswerBytes > SocketRules.MaxAnswerBytes)
            Set(State.Stalled);
        return true;
    }

    private bool TakeControl(Received kind, ReadOnlySpan<byte> payload)
    {
        switch (kind)
        {
            case Received.Ping or Received.Pong when ++_controlFrames > SocketRules.MaxControlFrames:
                Close(CloseCode.PolicyViolation, "too many pings");
                StopListening();
                return false;
            case Received.Ping:
                Pong(payload);
                return true;
            case Received.Close:
                Set(State.CloseReceived);
                StopListening();
                return false;
            case Received.Violation:
                Close(_reader.ViolationCode, _reader.Violation);
                StopListening();
                return false;
            default:
                return true;
        }
    }

    /// <summary>
    /// From here on what comes is read and thrown away: a socket that is closed with unread bytes is reset, and the reset may overtake our last words. What was posted is acknowledged
    /// before the close frame.
    /// </summary>
    private void StopListening()
    {
        Set(State.Deaf);
        DropRest();
        Watch();
        if (!HasClosed)
            _ = CloseInOrderAsync();
        else if (Has(State.CloseReceived))
            Die();
    }

    private async Task CloseInOrderAsync()
    {
        try
        {
            await _acts.CompleteAsync();
            Close(CloseCode.Normal, "");
        }
        catch (Exception bug) when (bug is not OutOfMemoryException)
        {
            Fail(bug);
        }
    }

    /// <summary>Moves what was kept to the front of the inbox. Returns its length.</summary>
    private int TakeRest()
    {
        if (_rest is null)
            return 0;
        var length = _restLength;
        _rest.AsSpan(0, length).CopyTo(_loop.Inbox);
        DropRest();
        return length;
    }

    private void KeepRest(int start, int end)
    {
        if (start == end || IsOver)
            return;
        _rest = ArrayPool<byte>.Shared.Rent(end - start);
        _restLength = end - start;
        _loop.Inbox.AsSpan(start, _restLength).CopyTo(_rest);
    }

    private void DropRest()
    {
        if (_rest is null)
            return;
        ArrayPool<byte>.Shared.Return(_rest);
        _rest = null;
        _restLength = 0;
    }
}
