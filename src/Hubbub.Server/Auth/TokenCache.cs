using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hubbub.Core.Rooms;

namespace Hubbub.Server.Auth;

/// <summary>
/// Tokens that one <see cref="KeyRing"/> has confirmed, so that a client that says the same token with every request pays for its signature once. It
/// goes with its key ring; whether a token has expired since is the reader's question. Thread-safe, reading without a lock.
/// </summary>
/// <remarks>
/// Two generations of half the size: a full young one becomes the old one, and what nobody asked for since is forgotten. Tokens are known by their
/// hash alone, so that none lie about in memory.
/// </remarks>
internal sealed class TokenCache(KeyRing ring)
{
    public const int MaxEntries = 10_000;

    private readonly Lock _lock = new();
    private volatile ConcurrentDictionary<TokenDigest, Caller> _young = new();
    private volatile ConcurrentDictionary<TokenDigest, Caller> _old = new();
    private int _youngCount;

    public KeyRing Ring { get; } = ring;

    public int Count => _young.Count + _old.Count;

    public bool TryGet(TokenDigest token, [NotNullWhen(true)] out Caller? caller)
    {
        if (_young.TryGetValue(token, out caller))
            return true;
        if (!_old.TryGetValue(token, out caller))
            return false;
        Add(token, caller);
        return true;
    }

    public void Add(TokenDigest token, Caller caller)
    {
        lock (_lock)
        {
            if (!_young.TryAdd(token, caller) || ++_youngCount < MaxEntries / 2)
                return;
            _old = _young;
            _young = new();
            _youngCount = 0;
        }
    }
}

/// <summary>The SHA-256 of a token's text.</summary>
internal readonly record struct TokenDigest(ulong A, ulong B, ulong C, ulong D)
{
    public static TokenDigest Of(string token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(token.AsSpan()), hash);
        return MemoryMarshal.Read<TokenDigest>(hash);
    }

    /// <summary>Any part of a cryptographic hash is a good hash.</summary>
    public override int GetHashCode() => (int)A;
}
