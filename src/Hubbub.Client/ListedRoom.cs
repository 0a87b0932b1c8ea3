using System.Text.Json;
using Hubbub.Client.Wire;
using Hubbub.Protocol;
using Hubbub.Protocol.Frames;

namespace Hubbub.Client;

/// <summary>A room as the caller sees it.</summary>
/// <param name="Id">The room.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Visibility">Who may see it.</param>
/// <param name="Consistency">What its live listeners are promised.</param>
/// <param name="Head">Where its log stands.</param>
public sealed record ListedRoom(RoomId Id, string Name, Visibility Visibility, Consistency Consistency, Position Head)
{
    /// <summary>Null if the caller is no member.</summary>
    public Role? Role { get; init; }

    /// <summary>How far the caller has read; null if never.</summary>
    public Position? ReadMark { get; init; }

    /// <summary>Messages of others behind the mark, threads apart; 1000 means so many or more. Null for who is no member and has read nothing.</summary>
    public int? Unread { get; init; }

    /// <summary>Of the messages of others behind the mark, also in threads, those that mention the caller or everybody; null where <see cref="Unread"/> is.</summary>
    public int? Mentions { get; init; }

    /// <summary>What it is about; empty for nothing in particular.</summary>
    public string Topic { get; init; } = "";

    public bool IsArchived { get; init; }

    /// <summary>The seconds between two messages of one member; 0 for none.</summary>
    public int SlowModeSeconds { get; init; }

    internal static ListedRoom? Read(JsonElement answer) =>
        RoomId.TryParse(answer.Text("id"), out var id) && answer.Text("name") is { } name && answer.At("position") is { } head
        && Words.TryRead(answer.Text("visibility"), out Visibility visibility) && Words.TryRead(answer.Text("consistency"), out Consistency consistency)
            ? new ListedRoom(id, name, visibility, consistency, head)
            {
                Role = Words.TryRead(answer.Text("role"), out Role role) ? role : null,
                ReadMark = answer.At("readMark"),
                Unread = (int?)answer.Number("unread"),
                Mentions = (int?)answer.Number("mentions"),
                Topic = answer.Text("topic") ?? "",
                IsArchived = answer.Flag("archived"),
                SlowModeSeconds = (int)(answer.Number("slowModeSeconds") ?? 0),
            }
            : null;
}

/// <summary>A page of rooms.</summary>
/// <param name="Rooms">By id.</param>
/// <param name="Next">What the next page comes after; null if there is none.</param>
public sealed record ListedRooms(IReadOnlyList<ListedRoom> Rooms, RoomId? Next);
