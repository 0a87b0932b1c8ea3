using System.Runtime.CompilerServices;

namespace Hubbub.Protocol.WebSockets;

/// <summary>
/// A canonical prefix code of DEFLATE (RFC 1951 § 3.2.2), built from the lengths of its symbols' codes. Codes of up to nine bits are found in one look, longer ones bit by bit. It lives in
/// space that its maker lends, so it costs no allocation.
/// </summary>
internal readonly ref struct HuffmanCode
{
    /// <summary>What one needs to live in.</summary>
    public const int Space = FastEntries + Counts + MaxSymbols;

    private const int FastBits = 9;
    private const int FastEntries = 1 << FastBits;
    private const int MaxLength = 15;
    private const int Counts = MaxLength + 1;
    private const int MaxSymbols = 288;

    /// <summary>By the next nine bits: symbol × 16 + length; 0 if the code is longer, or none.</summary>
    private readonly ReadOnlySpan<ushort> _fast;

    /// <summary>By length: how many codes have it.</summary>
    private readonly ReadOnlySpan<ushort> _counts;

    /// <summary>In the order of their codes.</summary>
    private readonly ReadOnlySpan<ushort> _symbols;

    /// <param name="space">As <see cref="TryBuild"/> has filled it.</param>
    public HuffmanCode(ReadOnlySpan<ushort> space)
    {
        _fast = space[..FastEntries];
        _counts = space.Slice(FastEntries, Counts);
        _symbols = space.Slice(FastEntries + Counts, MaxSymbols);
    }

    /// <summary>Fills the space. False if no code has such lengths.</summary>
    /// <param name="lengths">By symbol; 0 if it has no code.</param>
    /// <param name="space"><see cref="Space"/> long, whatever it holds.</param>
    /// <param name="mayBeIncomplete">Whether a code of one symbol, or of none, will do, as when a block has no or only one distance (RFC 1951 § 3.2.7).</param>
    public static bool TryBuild(ReadOnlySpan<byte> lengths, Span<ushort> space, bool mayBeIncomplete)
    {
        var fast = space[..FastEntries];
        var counts = space.Slice(FastEntries, Counts);
        var symbols = space.Slice(FastEntries + Counts, MaxSymbols);
        fast.Clear();
        counts.Clear();
        foreach (var length in lengths)
            counts[length]++;
        counts[0] = 0;
        if (!IsCode(counts, mayBeIncomplete))
            return false;

        Span<ushort> nextCode = stackalloc ushort[Counts];
        Span<ushort> nextPlace = stackalloc ushort[Counts];
        nextCode.Clear();
        nextPlace.Clear();
        for (var length = 1; length < MaxLength; length++)
        {
            nextCode[length + 1] = (ushort)((nextCode[length] + counts[length]) << 1);
            nextPlace[length + 1] = (ushort)(nextPlace[length] + counts[length]);
        }

        for (var symbol = 0; symbol < lengths.Length; symbol++)
        {
            int length = lengths[symbol];
            if (length == 0)
                continue;
            symbols[nextPlace[length]++] = (ushort)symbol;
            var code = nextCode[length]++;
            if (length > FastBits)
                continue;

            // The first bit of a code comes first, which is the lowest of what has been read: its mirror image, followed by whatever.
            for (var entry = Mirror(code, length); entry < FastEntries; entry += 1 << length)
                fast[entry] = (ushort)((symbol << 4) | length);
        }

        return true;
    }

    /// <summary>The symbol at the beginning of the bits, the first bit lowest; −1 if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Decode(ulong bits, out int length)
    {
        int entry = _fast[(int)(bits & (FastEntries - 1))];
        length = entry & 15;
        return entry != 0 ? entry >> 4 : DecodeLong(bits, out length);
    }

    private int DecodeLong(ulong bits, out int length)
    {
        // Codes of one length are consecutive numbers, and so are their places.
        int code = 0, first = 0, place = 0;
        for (length = 1; length <= MaxLength; length++, bits >>= 1)
        {
            code |= (int)(bits & 1);
            int count = _counts[length];
            if (code < first + count)
                return _symbols[place + code - first];
            place += count;
            first = (first + count) << 1;
            code <<= 1;
        }

        return -1;
    }

    private static bool IsCode(ReadOnlySpan<ushort> counts, bool mayBeIncomplete)
    {
        var left = 1;
        var longest = 0;
        for (var length = 1; length <= MaxLength; length++)
        {
            left = (2 * left) - counts[length];
            if (left < 0)
                return false;
            if (counts[length] > 0)
                longest = length;
        }

        return left == 0 || (mayBeIncomplete && longest <= 1);
    }

    private static int Mirror(int code, int length)
    {
        var mirrored = 0;
        for (var i = 0; i < length; i++, code >>= 1)
            mirrored = (mirrored << 1) | (code & 1);
        return mirrored;
    }
}
