using Hubbub.Protocol;

namespace Hubbub.Core.People;

/// <summary>What everybody may see of somebody.</summary>
/// <param name="User">Id and present name.</param>
/// <param name="HasAccount">Whether they come back by a password; otherwise a guest, or an application's user.</param>
/// <param name="Color">As <c>#rrggbb</c> in lower case; null: none chosen.</param>
/// <param name="Avatar">The hash of their picture; null for none.</param>
/// <param name="LastSeen">When they last had a live connection, or changed their profile.</param>
/// <param name="LiveUntil">Until when they count as connected, unless something is heard of them before.</param>
public sealed record Profile(User User, bool HasAccount, string? Color, string? Avatar, DateTimeOffset LastSeen, DateTimeOffset LiveUntil);

/// <summary>What somebody wants to be changed about themselves; null leaves as it is.</summary>
/// <param name="Name">A new name, checked (<see cref="AccountRules.CheckName"/>).</param>
/// <param name="Color">A new colour, checked; empty for none.</param>
public sealed record ProfileChange(string? Name = null, string? Color = null);

/// <summary>That somebody was seen.</summary>
/// <param name="User">By the name that they had then.</param>
/// <param name="At">When.</param>
/// <param name="LiveUntil">Until when they count as connected; <paramref name="At"/> for who has just gone.</param>
public sealed record Sighting(User User, DateTimeOffset At, DateTimeOffset LiveUntil);

/// <summary>A picture, checked by its bytes.</summary>
/// <param name="Hash">The first 128 bits of its SHA-256, in lower-case hex.</param>
/// <param name="MediaType">What it is.</param>
/// <param name="Bytes">At most half a mebibyte.</param>
public sealed record Avatar(string Hash, string MediaType, ReadOnlyMemory<byte> Bytes);

/// <summary>Somebody whom somebody else has blocked.</summary>
/// <param name="User">Who is blocked.</param>
/// <param name="Since">When it was asked first.</param>
public sealed record Block(UserId User, DateTimeOffset Since);
