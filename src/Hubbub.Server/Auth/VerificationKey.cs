using System.Security.Cryptography;

namespace Hubbub.Server.Auth;

/// <summary>
/// A key that may confirm a signature. Its kind decides the algorithm, whatever a token claims, so a public key is never taken for a
/// shared secret. Thread-safe.
/// </summary>
internal abstract class VerificationKey(SignatureAlgorithm algorithm, params string[] kids)
{
    public SignatureAlgorithm Algorithm { get; } = algorithm;

    /// <summary>The names it answers to; none: only tokens that name no key are tried with it.</summary>
    public IReadOnlyList<string> Kids { get; } = kids;

    public abstract bool Confirms(CompactToken token);
}

internal sealed class HmacKey : VerificationKey
{
    public const int MinLength = 32;

    private readonly byte[] _secret;

    public HmacKey(byte[] secret, params string[] kids)
        : base(SignatureAlgorithm.HS256, kids)
    {
        if (secret.Length < MinLength)
            throw new CryptographicException($"A secret for HS256 has {MinLength} bytes or more; this one has {secret.Length}.");
        _secret = secret;
    }

    public override bool Confirms(CompactToken token) => token.IsSignedWith(_secret);
}

/// <summary>Never disposed: a token may still be in its hands when a reload drops it, so its handle goes with the last reference.</summary>
internal sealed class RsaKey : VerificationKey
{
    private const int MinBits = 2048;

    /// <summary>A check costs the square of the length; at 8192 bits about 0.2 ms.</summary>
    private const int MaxBits = 8192;

    private readonly RSA _rsa;

    // The instance members of RSA and ECDsa are not promised to be thread-safe. Verified tokens are cached, so nobody queues here for long.
    private readonly Lock _lock = new();

    public RsaKey(RSA rsa, params string[] kids)
        : base(SignatureAlgorithm.RS256, kids)
    {
        if (rsa.KeySize is < MinBits or > MaxBits)
            throw new CryptographicException($"An RSA key has {MinBits} to {MaxBits} bits; this one has {rsa.KeySize}.");
        _rsa = rsa;
    }

    public override bool Confirms(CompactToken token)
    {
        lock (_lock)
            return _rsa.VerifyData(token.SigningInput, token.Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
    }
}

/// <inheritdoc cref="RsaKey"/>
internal sealed class EcKey : VerificationKey
{
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly ECDsa _ec;
    private readonly Lock _lock = new();

    public EcKey(ECDsa ec, params string[] kids)
        : base(SignatureAlgorithm.ES256, kids)
    {
        // Other curves have 256 bits too; ES256 means this one (RFC 7518 § 3.4).
        if (ec.ExportParameters(false).Curve.Oid?.Value != P256)
            throw new CryptographicException("An elliptic-curve key must be on P-256.");
        _ec = ec;
    }

    public override bool Confirms(CompactToken token)
    {
        lock (_lock)
        {
            return _ec.VerifyData(
                token.SigningInput, token.Signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}
