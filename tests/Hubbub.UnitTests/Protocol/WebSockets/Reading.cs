using System.Text;
using Hubbub.Protocol;
using Hubbub.Protocol.WebSockets;
using Xunit;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>
/// Reads a client's bytes as a carrier does, in whatever pieces they come, and keeps what was heard, a line each: <c>Text hello</c>, <c>Ping</c>, <c>Close 1000 bye</c>, and <c>1002</c> for a rule
/// that was broken, behind which nothing is read. Fragments that were only taken in are not kept.
/// </summary>
internal sealed class Reading : IDisposable
{
    public const int Limit = 64 * 1024;
    public const int MaxFragments = 128;

    private readonly MessageReader _reader;
    private readonly int _maxWanted;
    private readonly List<string> _heard = [];
    private byte[] _left = [];

    public Reading(bool deflate = false, int limit = Limit)
    {
        _reader = new MessageReader(limit, MaxFragments, deflate);
        _maxWanted = MessageReader.MaxHeadLength + limit + (deflate ? MessageReader.MaxOverhead(limit) : 0);
    }

    public IReadOnlyList<string> Heard => _heard;

    /// <summary>After a broken rule: the server closes, and reads no more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Bytes that are no whole frame yet.</summary>
    public int Left => _left.Length;

    /// <summary>What is heard of these bytes when they come in one piece.</summary>
    public static IReadOnlyList<string> Of(byte[] bytes, bool deflate = false)
    {
        using var reading = new Reading(deflate);
        reading.Take(bytes);
        return reading.Heard;
    }

    /// <summary>What is heard of these bytes, which must be the same whether they come whole, one by one, or in two pieces cut anywhere; of a long stream, at a few hundred places.</summary>
    public static IReadOnlyList<string> HoweverCut(byte[] bytes, bool deflate = false)
    {
        var whole = Of(bytes, deflate);
        using var single = new Reading(deflate);
        for (var i = 0; i < bytes.Length; i++)
            single.Take(bytes.AsSpan(i, 1));
        Assert.Equal(whole, single.Heard);
        var step = 1 + (bytes.Length / 300);
        for (var cut = 1; cut < bytes.Length; cut += step)
        {
            using var halves = new Reading(deflate);
            halves.Take(bytes.AsSpan(0, cut));
            halves.Take(bytes.AsSpan(cut));
            Assert.Equal(whole, halves.Heard);
        }

        return whole;
    }

    public void Take(ReadOnlySpan<byte> piece)
    {
        if (IsOver)
            return;
        byte[] all = [.. _left, .. piece];
        var start = 0;
        while (true)
        {
            var kind = _reader.Read(all.AsMemory(start), out var consumed, out var payload);
            if (kind == Received.Incomplete)
            {
                Assert.Equal(0, consumed);
                Assert.InRange(_reader.Wanted, all.Length - start + 1, _maxWanted);
                break;
            }

            if (kind == Received.Violation)
            {
                Assert.NotEmpty(_reader.Violation);
                _heard.Add(((int)_reader.ViolationCode).ToString());
                IsOver = true;
                break;
            }

            Assert.InRange(consumed, 2, all.Length - start);
            start += consumed;
            Keep(kind, payload.Span);
            _reader.Forget();
        }

        _left = all[start..];
    }

    public void Dispose() => _reader.Dispose();

    private void Keep(Received kind, ReadOnlySpan<byte> payload)
    {
        if (kind == Received.Fragment)
            return;
        var text = kind == Received.Close && payload.Length >= 2
            ? $"{(payload[0] << 8) | payload[1]} {Encoding.UTF8.GetString(payload[2..])}"
            : kind == Received.Text ? Encoding.UTF8.GetString(payload) : Encoding.Latin1.GetString(payload);
        _heard.Add($"{kind} {text}".TrimEnd(' '));
    }
}
