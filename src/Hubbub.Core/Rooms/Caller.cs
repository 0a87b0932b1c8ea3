using System.Diagnostics.CodeAnalysis;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>Somebody with a valid token, who wants to do something. Immutable; a refreshed token makes a new one.</summary>
/// <param name="User">From the token's <c>sub</c> and <c>name</c>.</param>
/// <param name="ExpiresAt">When the token ends; after it no act is allowed and every stream of this caller ends.</param>
/// <param name="Grants">What the token itself allows; null if it says nothing, so that memberships alone decide.</param>
/// <param name="Generation">How often the user had signed out everywhere when the token was made; 0 for an application's users, whose tokens are the application's to end.</param>
public sealed record Caller(User User, DateTimeOffset ExpiresAt, RoomGrants? Grants = null, long Generation = 0);

/// <summary>
/// The room grants of a customer's token (docs/protocol.md § 9): room ids, or prefixes with a final <c>*</c>, each with a role. A token that has grants
/// may use no other room; an exact id wins over a prefix, a longer prefix over a shorter one.
/// </summary>
public sealed class RoomGrants
{
    /// <summary>The most grants one token may carry.</summary>
    public const int MaxGrants = 256;

    private readonly Dictionary<string, Role> _exact = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, Role Role)> _prefixes = [];

    public RoomGrants(IReadOnlyDictionary<string, Role> grants)
    {
        Patterns = grants;
        foreach (var (pattern, role) in grants)
        {
            if (pattern.EndsWith('*'))
                _prefixes.Add((pattern[..^1], role));
            else
                _exact[pattern] = role;
        }

        _prefixes.Sort((a, b) => b.Prefix.Length.CompareTo(a.Prefix.Length));
    }

    /// <summary>As the token said them: room ids and prefixes with their <c>*</c>.</summary>
    public IReadOnlyDictionary<string, Role> Patterns { get; }

    public bool TryFind(RoomId room, [NotNullWhen(true)] out Role? role)
    {
        role = null;
        if (_exact.TryGetValue(room.Value, out var exact))
        {
            role = exact;
            return true;
        }

        foreach (var (prefix, granted) in _prefixes)
        {
            if (room.Value.StartsWith(prefix, StringComparison.Ordinal))
            {
                role = granted;
                return true;
            }
        }

        return false;
    }
}
