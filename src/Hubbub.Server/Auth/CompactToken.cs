using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Hubbub.Server.Auth;

/// <summary>
/// The outer form of a signed token (RFC 7515 § 7.1): three parts of base64url with dots between. Nothing in it is believed or even read
/// as JSON here. Stricter than most: no padding, no white space, and one spelling of a signature's bytes, so that no text differs
/// from the one that was signed and still counts.
/// </summary>
internal sealed class CompactToken
{
    private static readonly SearchValues<char> Alphabet =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private readonly byte[] _text;
    private readonly int _firstDot;
    private readonly int _secondDot;

    private CompactToken(byte[] text, int firstDot, int secondDot, byte[] signature)
    {
        _text = text;
        _firstDot = firstDot;
        _secondDot = secondDot;
        Signature = signature;
    }

    /// <summary>The first part as it stands, undecoded.</summary>
    public ReadOnlySpan<byte> HeaderText => _text.AsSpan(0, _firstDot);

    public ReadOnlySpan<byte> SigningInput => _text.AsSpan(0, _secondDot);

    public byte[] Signature { get; }

    /// <returns>Null if the text is not of this form. The caller bounds its length.</returns>
    public static CompactToken? Read(string text)
    {
        if (text.AsSpan().ContainsAnyExcept(Alphabet))
            return null;

        var firstDot = text.IndexOf('.', StringComparison.Ordinal);
        var secondDot = text.IndexOf('.', firstDot + 1);
        if (firstDot <= 0 || secondDot <= firstDot + 1 || secondDot == text.Length - 1 || text.IndexOf('.', secondDot + 1) >= 0)
            return null;

        var bytes = Encoding.ASCII.GetBytes(text);
        return Decode(bytes.AsSpan(secondDot + 1)) is { } signature ? new CompactToken(bytes, firstDot, secondDot, signature) : null;
    }

    public byte[]? DecodeHeader() => Decode(HeaderText);

    public byte[]? DecodePayload() => Decode(_text.AsSpan(_firstDot + 1, _secondDot - _firstDot - 1));

    /// <summary>Makes a token signed with HS256.</summary>
    public static string Sign(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> secret)
    {
        var input = $"{Base64Url.EncodeToString(header)}.{Base64Url.EncodeToString(payload)}";
        return $"{input}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(input)))}";
    }

    public bool IsSignedWith(ReadOnlySpan<byte> secret)
    {
        Span<byte> expected = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, SigningInput, expected);
        return CryptographicOperations.FixedTimeEquals(expected, Signature);
    }

    /// <summary>The framework's decoder would skip white space and take padding, hence the alphabet above; bits to spare it refuses itself.</summary>
    private static byte[]? Decode(ReadOnlySpan<byte> part)
    {
        var decoded = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        return Base64Url.DecodeFromUtf8(part, decoded, out _, out var written) == OperationStatus.Done ? decoded[..written] : null;
    }
}
