using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Stores.Postgres.Driver;
using Npgsql;
using NpgsqlTypes;

namespace Hubbub.Stores.Postgres.Writing;

/// <summary>A batch of drafts in the form in which <c>hubbub.append</c> takes it: an array for each column, of its rooms and of its drafts.</summary>
internal sealed class BatchArrays
{
    private readonly string[] _rooms;
    private readonly long?[] _newEpochs;
    private readonly string?[] _newNames;
    private readonly short?[] _newVisibilities;
    private readonly short?[] _newConsistencies;
    private readonly long?[] _newCreatedAts;

    private readonly int[] _draftRooms;
    private readonly long[] _sentAts;
    private readonly string[] _senderIds;
    private readonly string[] _senderNames;
    private readonly string?[] _keys;
    private readonly string[] _types;
    private readonly string[] _bodies;
    private readonly long?[] _targets;
    private readonly long?[] _replyTos;
    private readonly string?[] _mentions;
    private readonly string?[] _files;
    private readonly short[] _changes;
    private readonly string?[] _subjectIds;
    private readonly string?[] _subjectNames;
    private readonly short?[] _subjectRoles;
    private readonly long?[] _subjectNumbers;

    public BatchArrays(IReadOnlyList<Draft> batch)
    {
        // Ascending by bytes, the order in which every batch of every node locks its rooms.
        _rooms = [.. batch.Select(draft => draft.Room.Value).Distinct().Order(StringComparer.Ordinal)];
        (_newEpochs, _newNames) = (new long?[_rooms.Length], new string?[_rooms.Length]);
        (_newVisibilities, _newConsistencies, _newCreatedAts) = (new short?[_rooms.Length], new short?[_rooms.Length], new long?[_rooms.Length]);
        (_draftRooms, _sentAts, _changes) = (new int[batch.Count], new long[batch.Count], new short[batch.Count]);
        (_senderIds, _senderNames, _keys) = (new string[batch.Count], new string[batch.Count], new string?[batch.Count]);
        (_types, _bodies) = (new string[batch.Count], new string[batch.Count]);
        (_targets, _replyTos, _mentions, _files) = (new long?[batch.Count], new long?[batch.Count], new string?[batch.Count], new string?[batch.Count]);
        (_subjectIds, _subjectNames, _subjectRoles, _subjectNumbers) = (new string?[batch.Count], new string?[batch.Count], new short?[batch.Count], new long?[batch.Count]);
        for (var i = 0; i < batch.Count; i++)
            Add(i, batch[i]);
    }

    public NpgsqlCommand Command(NpgsqlConnection connection) => connection
        .Command("SELECT * FROM hubbub.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)")
        .With(_rooms, NpgsqlDbType.Text)
        .With(_newEpochs, NpgsqlDbType.Bigint)
        .With(_newNames, NpgsqlDbType.Text)
        .With(_newVisibilities, NpgsqlDbType.Smallint)
        .With(_newConsistencies, NpgsqlDbType.Smallint)
        .With(_newCreatedAts, NpgsqlDbType.Bigint)
        .With(_draftRooms, NpgsqlDbType.Integer)
        .With(_sentAts, NpgsqlDbType.Bigint)
        .With(_senderIds, NpgsqlDbType.Text)
        .With(_senderNames, NpgsqlDbType.Text)
        .With(_keys, NpgsqlDbType.Text)
        .With(_types, NpgsqlDbType.Text)
        .With(_bodies, NpgsqlDbType.Text)
        .With(_targets, NpgsqlDbType.Bigint)
        .With(_replyTos, NpgsqlDbType.Bigint)
        .With(_mentions, NpgsqlDbType.Text)
        .With(_files, NpgsqlDbType.Text)
        .With(_changes, NpgsqlDbType.Smallint)
        .With(_subjectIds, NpgsqlDbType.Text)
        .With(_subjectNames, NpgsqlDbType.Text)
        .With(_subjectRoles, NpgsqlDbType.Smallint)
        .With(_subjectNumbers, NpgsqlDbType.Bigint);

    private void Add(int i, Draft draft)
    {
        var room = Array.BinarySearch(_rooms, draft.Room.Value, StringComparer.Ordinal);
        _draftRooms[i] = room + 1;
        _sentAts[i] = draft.SentAt.ToUnixTimeMilliseconds();
        _senderIds[i] = draft.Sender.Id.Value;
        _senderNames[i] = draft.Sender.Name;
        _keys[i] = draft.Key;
        _types[i] = draft.Content.Type;
        _bodies[i] = EventBody.Write(draft.Content);
        (_targets[i], _replyTos[i], _mentions[i]) = (draft.Content.Target, (draft.Content as MessagePosted)?.ReplyTo, EventBody.Mentions(draft.Content));
        _files[i] = (draft.Content as MessagePosted)?.Files;
        switch (draft.Content)
        {
            case RoomCreated created:
                SetChange(i, Change.Create, draft.Sender.Id.Value, draft.Sender.Name, Role.Owner);

                // Of several that would create it the first does.
                if (_newEpochs[room] is not null)
                    break;
                (_newEpochs[room], _newNames[room]) = (draft.Epoch.Value, created.Name);
                (_newVisibilities[room], _newConsistencies[room], _newCreatedAts[room]) = ((short)created.Visibility, (short)created.Consistency, _sentAts[i]);
                break;
            case RoomRenamed renamed:
                SetChange(i, Change.Rename, null, renamed.Name, null);
                break;
            case MemberJoined joined:
                SetChange(i, Change.Join, joined.User.Id.Value, joined.User.Name, joined.Role);
                break;
            case MemberLeft { Reason: LeaveReason.Left or LeaveReason.Kicked } left:
                SetChange(i, Change.Leave, left.User.Id.Value, null, null);
                break;
            case MemberLeft removed:
                SetChange(i, Change.Remove, removed.User.Id.Value, removed.User.Name, null);
                break;
            case MessageEdited { IsDeleted: false }:
                SetChange(i, Change.Edit);
                break;
            case MessageDeleted:
                SetChange(i, Change.Delete);
                break;
            case RoleChanged changed:
                SetChange(i, Change.SetRole, changed.User.Id.Value, changed.User.Name, changed.Role);
                break;
            case MemberMuted muted:
                SetChange(i, Change.Mute, muted.User.Id.Value, number: muted.Until.ToUnixTimeMilliseconds());
                break;
            case MemberUnmuted unmuted:
                SetChange(i, Change.Unmute, unmuted.User.Id.Value);
                break;
            case MessagePosted when draft.IsPaced:
                SetChange(i, Change.KeepPace, draft.Sender.Id.Value);
                break;
            case MessagePinned:
                SetChange(i, Change.Pin, number: Limits.MaxPins);
                break;
            case MessageUnpinned:
                SetChange(i, Change.Unpin);
                break;
            case TopicChanged changed:
                SetChange(i, Change.SetTopic, name: changed.Topic);
                break;
            case SlowModeChanged changed:
                SetChange(i, Change.SetSlowMode, number: changed.Seconds);
                break;
            case RoomArchived:
                SetChange(i, Change.Archive);
                break;
            case RoomUnarchived:
                SetChange(i, Change.Unarchive);
                break;
            case ReactionAdded added:
                SetChange(i, Change.React, draft.Sender.Id.Value, added.Emoji, number: Limits.MaxEmojiOfMessage);
                break;
            case ReactionRemoved removed:
                SetChange(i, Change.Unreact, draft.Sender.Id.Value, removed.Emoji);
                break;
        }
    }

    private void SetChange(int i, Change change, string? id = null, string? name = null, Role? role = null, long? number = null)
    {
        _changes[i] = (short)change;
        _subjectIds[i] = id;
        _subjectNames[i] = name;
        _subjectRoles[i] = (short?)role;
        _subjectNumbers[i] = number;
    }

    /// <summary>What a draft changes besides the log, by the function's numbers.</summary>
    private enum Change : short
    {
        None = 0,
        Create = 1,
        Rename = 2,
        Join = 3,
        Leave = 4,
        Remove = 5,
        Edit = 6,
        Delete = 7,
        React = 8,
        Unreact = 9,
        KeepPace = 10,
        Pin = 11,
        Unpin = 12,
        SetTopic = 13,
        Archive = 14,
        Unarchive = 15,
        SetSlowMode = 16,
        SetRole = 17,
        Mute = 18,
        Unmute = 19,
    }
}
