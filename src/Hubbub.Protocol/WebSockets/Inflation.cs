using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Hubbub.Protocol.WebSockets;

/// <summary>How an inflation ended.</summary>
internal enum Inflated : byte
{
    Whole,

    /// <summary>The bytes are no DEFLATE, or are cut.</summary>
    Broken,

    /// <summary>It would be longer than allowed.</summary>
    TooBig,
}

/// <summary>
/// Inflates one message of permessage-deflate (RFC 7692 § 7.2.2, RFC 1951): raw DEFLATE that lacks its last four bytes. No message refers to one before it, so the output is itself the window,
/// and nothing is kept between messages.
/// </summary>
/// <remarks>
/// The framework's DeflateStream does not serve here: it takes a cut stream for a whole one, does not say where a stream ended, and sets up a window of 32 KB for each message. Here every length is checked
/// against the limit before the output grows.
/// </remarks>
internal ref struct Inflation
{
    private const int EndOfBlock = 256;
    private const int MaxLiterals = 286;
    private const int MaxDistances = 30;
    private const int FirstRent = 1024;

    /// <summary>At least as many bits as are ever taken at once.</summary>
    private const int MostTaken = 16;

    private static readonly ushort[] FixedLiterals = Build([.. Times(144, 8), .. Times(112, 9), .. Times(24, 7), .. Times(8, 8)]);
    private static readonly ushort[] FixedDistances = Build([.. Times(32, 5)]);

    private readonly ReadOnlySpan<byte> _input;
    private readonly int _maxBytes;
    private int _next;

    // What has been read and not used, the first bit lowest. Above _bitCount may stand bits that will be read again; they are the same.
    private ulong _bits;
    private int _bitCount;
    private byte[]? _output;
    private int _length;

    /// <param name="message">The payload of the message, as it came.</param>
    /// <param name="maxBytes">How long it may become.</param>
    public Inflation(ReadOnlySpan<byte> message, int maxBytes)
    {
        _input = message;
        _maxBytes = maxBytes;
    }

    private static ReadOnlySpan<byte> Tail => [0x00, 0x00, 0xFF, 0xFF];

    private static ReadOnlySpan<ushort> LengthBases =>
        [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static ReadOnlySpan<byte> LengthBits => [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<ushort> DistanceBases =>
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ];

    private static ReadOnlySpan<byte> DistanceBits =>
        [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];

    /// <summary>In which order a block gives the lengths of the code in which it gives lengths.</summary>
    private static ReadOnlySpan<byte> LengthCodeOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly int End => _input.Length + Tail.Length;

    /// <summary>Inflates all of it.</summary>
    /// <param name="rented">The output, from the shared pool and the caller's to return, whatever the result; null if nothing came out.</param>
    /// <param name="length">How much of it is the message.</param>
    public Inflated Run(out byte[]? rented, out int length)
    {
        Inflated result;
        do
            result = InflateBlock();
        while (result == Inflated.Whole && !IsAtEnd());
        rented = _output;
        length = _length;
        return result;
    }

    /// <summary>
    /// Whether all was used. A sender that ends its message with a final block adds a zero byte that begins an empty one (RFC 7692 § 7.2.3.4); then, and if it forgot that byte, the end is here too.
    /// </summary>
    private bool IsAtEnd() => _next == End && _bitCount == 0;

    private Inflated InflateBlock()
    {
        if (!TryTake(3, out var head))
            return Inflated.Broken;
        var result = (head >> 1) switch
        {
            0 => CopyStored(),
            1 => InflateCompressed(new HuffmanCode(FixedLiterals), new HuffmanCode(FixedDistances)),
            2 => InflateDynamic(),
            _ => Inflated.Broken,
        };
        if (result == Inflated.Whole && (head & 1) != 0)
            FinishStream();
        return result;
    }

    /// <summary>Behind a final block another stream may begin, at a whole byte.</summary>
    private void FinishStream()
    {
        Align();
        if (_next == _input.Length)
            _next = End;
    }

    private Inflated CopyStored()
    {
        Align();
        if (!TryTake(16, out var length) || !TryTake(16, out var complement) || length != (complement ^ 0xFFFF))
            return Inflated.Broken;
        if (length > _maxBytes - _length)
            return Inflated.TooBig;
        Align();

        // One that reaches into the tail is cut, and only an empty one may begin there.
        if (length > Math.Max(0, _input.Length - _next))
            return Inflated.Broken;
        MakeRoom(length);
        _input.Slice(Math.Min(_next, _input.Length), length).CopyTo(_output.AsSpan(_length));
        _next += length;
        _length += length;
        return Inflated.Whole;
    }

    private Inflated InflateDynamic()
    {
        if (!TryTake(5, out var literals) || !TryTake(5, out var distances) || !TryTake(4, out var lengths))
            return Inflated.Broken;
        (literals, distances, lengths) = (literals + 257, distances + 1, lengths + 4);
        if (literals > MaxLiterals || distances > MaxDistances)
            return Inflated.Broken;

        Span<byte> all = stackalloc byte[MaxLiterals + MaxDistances];
        Span<ushort> literalSpace = stackalloc ushort[HuffmanCode.Space];
        Span<ushort> distanceSpace = stackalloc ushort[HuffmanCode.Space];
        if (!TryReadLengthCode(lengths, literalSpace) || !TryReadLengths(new HuffmanCode(literalSpace), all[..(literals + distances)]))
            return Inflated.Broken;

        // A block that cannot end is none.
        if (all[EndOfBlock] == 0
            || !HuffmanCode.TryBuild(all[..literals], literalSpace, mayBeIncomplete: true)
            || !HuffmanCode.TryBuild(all.Slice(literals, distances), distanceSpace, mayBeIncomplete: true))
            return Inflated.Broken;
        return InflateCompressed(new HuffmanCode(literalSpace), new HuffmanCode(distanceSpace));
    }

    private bool TryReadLengthCode(int count, scoped Span<ushort> space)
    {
        Span<byte> lengths = stackalloc byte[LengthCodeOrder.Length];
        lengths.Clear();
        for (var i = 0; i < count; i++)
        {
            if (!TryTake(3, out var length))
                return false;
            lengths[LengthCodeOrder[i]] = (byte)length;
        }

        return HuffmanCode.TryBuild(lengths, space, mayBeIncomplete: false);
    }

    private bool TryReadLengths(scoped HuffmanCode code, scoped Span<byte> lengths)
    {
        for (var i = 0; i < lengths.Length;)
        {
            var symbol = Decode(code);
            if (symbol < 0)
                return false;
            if (symbol < 16)
            {
                lengths[i++] = (byte)symbol;
                continue;
            }

            if (symbol == 16 && i == 0)
                return false;
            var (value, bits, least) = symbol switch { 16 => (lengths[i - 1], 2, 3), 17 => ((byte)0, 3, 3), _ => ((byte)0, 7, 11) };
            if (!TryTake(bits, out var more) || least + more > lengths.Length - i)
                return false;
            lengths.Slice(i, least + more).Fill(value);
            i += least + more;
        }

        return true;
    }

    private Inflated InflateCompressed(scoped HuffmanCode literals, scoped HuffmanCode distances)
    {
        while (true)
        {
            var symbol = Decode(literals);
            if (symbol < 0)
                return Inflated.Broken;
            if (symbol == EndOfBlock)
                return Inflated.Whole;
            if (symbol < EndOfBlock)
            {
                if (_length == _maxBytes)
                    return Inflated.TooBig;
                MakeRoom(1);
                _output![_length++] = (byte)symbol;
                continue;
            }

            var run = symbol - (EndOfBlock + 1);
            if (run >= LengthBases.Length || !TryTake(LengthBits[run], out var moreLength))
                return Inflated.Broken;
            var far = Decode(distances);
            if (far < 0 || far >= DistanceBases.Length || !TryTake(DistanceBits[far], out var moreDistance))
                return Inflated.Broken;
            var (length, distance) = (LengthBases[run] + moreLength, DistanceBases[far] + moreDistance);
            if (distance > _length)
                return Inflated.Broken;
            if (length > _maxBytes - _length)
                return Inflated.TooBig;
            Repeat(length, distance);
        }
    }

    private void Repeat(int length, int distance)
    {
        MakeRoom(length);
        var from = _output.AsSpan(_length - distance);
        var to = _output.AsSpan(_length, length);
        _length += length;
        if (distance >= length)
        {
            from[..length].CopyTo(to);
            return;
        }

        // It repeats what it is about to write.
        for (var i = 0; i < to.Length; i++)
            to[i] = from[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void MakeRoom(int more)
    {
        if (more > (_output?.Length ?? 0) - _length)
            Grow(more);
    }

    private void Grow(int more)
    {
        // The limit was asked before, so this never grows beyond twice of it.
        var grown = ArrayPool<byte>.Shared.Rent(Math.Max(FirstRent, Math.Min(_maxBytes, 2 * (_length + more))));
        _output.AsSpan(0, _length).CopyTo(grown);
        if (_output is not null)
            ArrayPool<byte>.Shared.Return(_output);
        _output = grown;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Decode(scoped HuffmanCode code)
    {
        if (_bitCount < MostTaken)
            Fill();
        var symbol = code.Decode(_bits, out var length);
        if (symbol < 0 || length > _bitCount)
            return -1;
        Drop(length);
        return symbol;
    }

    private bool TryTake(int count, out int value)
    {
        if (_bitCount < MostTaken)
            Fill();
        value = (int)(_bits & ((1UL << count) - 1));
        if (count > _bitCount)
            return false;
        Drop(count);
        return true;
    }

    private void Drop(int count)
    {
        _bits >>= count;
        _bitCount -= count;
    }

    /// <summary>Gives up the rest of a byte, and goes back to the first one of which no bit was used.</summary>
    private void Align()
    {
        _next -= _bitCount / 8;
        _bits = 0;
        _bitCount = 0;
    }

    /// <summary>Reads ahead: afterwards there are at least 56 bits, or all that are left.</summary>
    private void Fill()
    {
        if (_input.Length - _next >= sizeof(ulong))
        {
            _bits |= BinaryPrimitives.ReadUInt64LittleEndian(_input[_next..]) << _bitCount;
            var bytes = (63 - _bitCount) / 8;
            _next += bytes;
            _bitCount += 8 * bytes;
            return;
        }

        for (; _bitCount <= 56 && _next < End; _next++, _bitCount += 8)
            _bits |= (ulong)(_next < _input.Length ? _input[_next] : Tail[_next - _input.Length]) << _bitCount;
    }

    private static byte[] Times(int count, byte length) => [.. Enumerable.Repeat(length, count)];

    private static ushort[] Build(byte[] lengths)
    {
        var space = new ushort[HuffmanCode.Space];
        if (!HuffmanCode.TryBuild(lengths, space, mayBeIncomplete: false))
            throw new InvalidOperationException("The fixed codes of RFC 1951 are complete.");
        return space;
    }
}
