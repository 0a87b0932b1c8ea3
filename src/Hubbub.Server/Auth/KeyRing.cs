using System.Diagnostics.CodeAnalysis;

namespace Hubbub.Server.Auth;

/// <summary>
/// All keys that may confirm a token, at one moment: ours and the customers'. A key is found by the algorithm and its name together, and
/// only here. Immutable; a reload makes another one.
/// </summary>
internal sealed class KeyRing
{
    public const int MaxKeys = 64;

    /// <summary>
    /// How many keys of its algorithm a token without <c>kid</c> is tried with, so that a forged one costs at most as many checks. Who
    /// has more keys names them.
    /// </summary>
    public const int MaxTried = 4;

    private readonly VerificationKey _own;
    private readonly VerificationKey[] _customers;
    private readonly Dictionary<(SignatureAlgorithm, string), VerificationKey> _byKid = [];

    /// <param name="own">Answers to its name alone: a token of ours always carries it.</param>
    /// <param name="customers">At most <see cref="MaxKeys"/>.</param>
    /// <exception cref="AuthSetupException">Two keys of one kind have the same name, or there are too many.</exception>
    public KeyRing(VerificationKey own, IEnumerable<VerificationKey> customers)
    {
        _own = own;
        _customers = [.. customers];
        if (_customers.Length > MaxKeys)
            throw new AuthSetupException($"{_customers.Length} keys are configured for tokens; at most {MaxKeys} are allowed.");

        foreach (var key in _customers.Prepend(own))
        {
            foreach (var kid in key.Kids)
            {
                if (!_byKid.TryAdd((key.Algorithm, kid), key))
                    throw new AuthSetupException($"Two keys for {key.Algorithm} are called {kid}. (\"{Tokens.OwnKid}\" is this server's own.)");
            }
        }
    }

    public int CustomerKeys => _customers.Length;

    /// <summary>Finds the key that confirms the token's signature. Nothing in the token's payload has a say.</summary>
    public bool TryConfirm(CompactToken token, TokenHeader header, [NotNullWhen(true)] out VerificationKey? key)
    {
        key = null;
        if (header.Kid is { } kid)
            return _byKid.TryGetValue((header.Algorithm, kid), out key) && key.Confirms(token);

        var tried = 0;
        foreach (var candidate in _customers)
        {
            if (candidate.Algorithm != header.Algorithm)
                continue;
            if (++tried > MaxTried)
                return false;
            if (candidate.Confirms(token))
            {
                key = candidate;
                return true;
            }
        }

        return false;
    }

    public bool IsOwn(VerificationKey key) => ReferenceEquals(key, _own);
}
