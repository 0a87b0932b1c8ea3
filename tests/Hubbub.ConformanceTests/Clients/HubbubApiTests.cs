using Hubbub.Client;
using Hubbub.ConformanceTests.Servers;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Clients;

/// <summary>The .NET client's calls of the HTTP API, with a real server: what goes in comes out again.</summary>
public sealed class HubbubApiTests : IAsyncLifetime
{
    private static readonly RoomId Room = RoomId.Parse("room1");
    private InProcessServer _server = null!;
    private HubbubClient _ann = null!;
    private HubbubClient _bob = null!;

    public async Task InitializeAsync()
    {
        _server = await InProcessServer.StartAsync();
        _ann = await ClientAsync("Ann");
        _bob = await ClientAsync("Bob");
        await _ann.Api.CreateRoomAsync(Room);
        await _bob.Api.JoinAsync(Room);
    }

    public async Task DisposeAsync()
    {
        await _ann.DisposeAsync();
        await _bob.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_message_is_read_as_it_stands()
    {
        var root = await _ann.Api.PostAsync(Room, "frist");
        var reply = await _bob.Api.PostAsync(Room, "yes, @Ann", replyTo: root, thread: root);
        var edit = await _ann.Api.EditAsync(Room, root, "first");
        await _bob.Api.ReactAsync(Room, root, "👍");
        await _ann.Api.ReactAsync(Room, root, ":tada:");
        await _ann.Api.UnreactAsync(Room, root, ":tada:");

        var standing = await _bob.Api.MessageAsync(Room, root);
        Assert.Equal((root, "first", 1, reply), (standing.Id, standing.Text, standing.Replies, standing.LastReply));
        Assert.NotNull(standing.EditedAt);
        Assert.Equal([new MessageReaction("👍", 1, true)], standing.Reactions);
        var within = await _ann.Api.MessageAsync(Room, reply);
        Assert.Equal((root, root), (within.ReplyTo, within.Thread));
        Assert.Equal([(await _ann.Api.MeAsync()).User.Id.Value], within.Mentions);
        Assert.Equal([(root, "frist"), (edit, "first")], (await _ann.Api.EditsAsync(Room, root)).Select(e => (e.Id, e.Text)));
    }

    [Fact]
    public async Task A_file_goes_up_is_brought_by_a_message_and_comes_down_again()
    {
        var bytes = new byte[300_000];
        new Random(3).NextBytes(bytes);
        long sent = 0;
        using var content = new MemoryStream(bytes);
        var file = await _ann.Api.UploadFileAsync(Room, "cafe.bin", content, new Told(n => sent = n));
        using var other = new MemoryStream([1]);
        var dropped = await _ann.Api.UploadFileAsync(Room, "dropped", other);
        await _ann.Api.DropFileAsync(Room, dropped.Id);

        var posted = await _ann.Api.PostAsync(Room, "", files: [file.Id]);

        Assert.Equal((300_000, "cafe.bin", FileRules.InertType, 300_000), (sent, file.Name, file.Type, file.Size));
        var happened = (await _bob.Api.PageAsync(Room, null, null, 1, 1)).Events.Single();
        Assert.Equal(file, Assert.Single(AttachedFile.Read(Assert.IsType<MessagePosted>(happened.Content).Files)));
        Assert.Equal(file, Assert.Single((await _bob.Api.MessageAsync(Room, posted)).Files));
        using var down = new MemoryStream();
        await _bob.Api.DownloadFileAsync(Room, file.Id, down);
        Assert.Equal(bytes, down.ToArray());
        Assert.Equal("not_found", (await Assert.ThrowsAsync<HubbubException>(() => _bob.Api.DownloadFileAsync(Room, dropped.Id, Stream.Null))).Code);
        Assert.Equal("bad_file", (await Assert.ThrowsAsync<HubbubException>(() => _ann.Api.PostAsync(Room, "x", files: [file.Id]))).Code);

        // One that is cancelled on its way leaves nothing that counts.
        using var cancel = new CancellationTokenSource();
        using var again = new MemoryStream(bytes);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _ann.Api.UploadFileAsync(Room, "x", again, new Told(_ => cancel.Cancel()), ct: cancel.Token));
    }

    [Fact]
    public async Task Threads_and_pages_are_read_with_what_has_happened_since()
    {
        var root = await _ann.Api.PostAsync(Room, "root");
        var reply = await _bob.Api.PostAsync(Room, "reply", thread: root);
        await _bob.Api.EditAsync(Room, reply, "the reply");

        var thread = await _ann.Api.ThreadAsync(Room, root);
        Assert.Equal([reply], thread.Events.Select(e => e.Position));
        Assert.Equal(new MessageEdited(reply.Sequence, "the reply"), Assert.Single(thread.Later).Content);
        Assert.Empty((await _ann.Api.ThreadAsync(Room, root, after: thread.Position)).Events);
        var page = await _ann.Api.PageAsync(Room, null, before: reply with { Sequence = reply.Sequence + 1 }, null, 10);
        Assert.Equal(reply, page.Events[^1].Position);
        Assert.Equal(new MessageEdited(reply.Sequence, "the reply"), Assert.Single(page.Later).Content);

        await _bob.Api.DeleteAsync(Room, reply);
        Assert.True((await _ann.Api.MessageAsync(Room, reply)).IsDeleted);
        Assert.Equal(new MessagePosted("") { Thread = root.Sequence }, Assert.Single((await _ann.Api.ThreadAsync(Room, root)).Events).Content);
    }

    [Fact]
    public async Task Rooms_are_listed_with_what_waits_in_them()
    {
        var bob = (await _bob.Api.MeAsync()).User;
        var first = await _ann.Api.PostAsync(Room, $"@{bob.Id} first");
        await _ann.Api.PostAsync(Room, "second");
        await _ann.Api.ChangeRoomAsync(Room, topic: "Zebras");

        var room = Assert.Single((await _bob.Api.RoomsAsync("zebra")).Rooms);
        Assert.Equal((Room, "Zebras", 2, 1), (room.Id, room.Topic, room.Unread, room.Mentions));
        await _bob.Api.MarkReadAsync(Room, first);
        room = await _bob.Api.RoomAsync(Room);
        Assert.Equal((first, 1, 0), (room.ReadMark, room.Unread, room.Mentions));
        Assert.Null((await _bob.Api.RoomsAsync("zebra", after: Room)).Next);
    }

    [Fact]
    public async Task A_room_is_changed_and_what_happens_in_it_is_told()
    {
        var message = await _bob.Api.PostAsync(Room, "pin this");
        var (ann, bob) = ((await _ann.Api.MeAsync()).User, (await _bob.Api.MeAsync()).User);
        await _ann.Api.PinAsync(Room, message);
        Assert.Equal([message], (await _bob.Api.PinsAsync(Room)).Select(p => p.Id));
        await _ann.Api.UnpinAsync(Room, message);
        await _ann.Api.ChangeRoomAsync(Room, topic: "Lunch", slowModeSeconds: 5);
        await _ann.Api.ChangeRoleAsync(Room, bob.Id, Role.Reader);
        await _ann.Api.MuteAsync(Room, bob.Id, TimeSpan.FromMinutes(1));
        await _ann.Api.UnmuteAsync(Room, bob.Id);
        await _ann.Api.KickAsync(Room, bob.Id);
        await _ann.Api.ChangeRoomAsync(Room, archived: true);

        var told = (await _ann.Api.PageAsync(Room, message, null, null, 100)).Events.Select(e => e.Content).ToList();
        var muted = Assert.Single(told.OfType<MemberMuted>());
        Assert.Equal(
            [
                new MessagePinned(message.Sequence), new MessageUnpinned(message.Sequence), new TopicChanged("Lunch"), new SlowModeChanged(5), new RoleChanged(bob, Role.Reader),
                new MemberMuted(bob, muted.Until), new MemberUnmuted(bob), new MemberLeft(bob, LeaveReason.Kicked), new RoomArchived(),
            ],
            told);
        Assert.Equal("archived", (await Assert.ThrowsAsync<HubbubException>(() => _ann.Api.PostAsync(Room, "x"))).Code);
        Assert.Equal("last_owner", (await LastOwnerAsync(ann)).Code);
    }

    private async Task<HubbubException> LastOwnerAsync(User ann)
    {
        await _ann.Api.ChangeRoomAsync(Room, archived: false);
        return await Assert.ThrowsAsync<HubbubException>(() => _ann.Api.ChangeRoleAsync(Room, ann.Id, Role.Member));
    }

    private async Task<HubbubClient> ClientAsync(string name)
    {
        using var guest = await _server.GuestAsync(name);
        var token = guest.Token!;
        return new HubbubClient(new HubbubClientOptions { Url = _server.Url, Token = (_, _) => ValueTask.FromResult(token) });
    }

    private sealed class Told(Action<long> tell) : IProgress<long>
    {
        public void Report(long value) => tell(value);
    }
}
