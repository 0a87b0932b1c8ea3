using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What every <see cref="IRoomDirectory"/> does.</summary>
public abstract partial class RoomDirectoryContract : StoreContract
{
    [Fact]
    public async Task A_room_is_found_as_its_log_has_left_it()
    {
        await CreateAsync(Attic, Visibility.Private);
        var createdAt = Clock.GetUtcNow();
        Clock.Advance(TimeSpan.FromHours(1));
        var last = await StoreAsync(Post(Attic, "hello"));

        Assert.Equal(new Room(Attic, "attic", Visibility.Private, last.Position, createdAt), await Directory.FindAsync(Attic, None));
        Assert.Null(await Directory.FindAsync(Nowhere, None));
    }

    [Theory]
    [InlineData(Consistency.Strong)]
    [InlineData(Consistency.Relaxed)]
    public async Task A_room_is_found_and_listed_as_consistent_as_it_was_created(Consistency consistency)
    {
        await StoreAsync(Creation(Lobby, consistency: consistency));
        await StoreAsync(Draft(Lobby, new RoomRenamed("Renamed")));

        Assert.Equal(consistency, (await Directory.FindAsync(Lobby, None))!.Consistency);
        Assert.Equal(consistency, Assert.Single(await Directory.ListAsync(Bob.Id, null, null, 10, None)).Room.Consistency);
    }

    [Fact]
    public async Task The_list_shows_public_rooms_and_the_viewers_private_ones()
    {
        await CreateAsync(Lobby, owner: Ann);
        await CreateAsync(RoomId.Parse("anns"), Visibility.Private, Ann);
        await CreateAsync(RoomId.Parse("bobs"), Visibility.Private, Bob);

        Assert.Equal([("anns", Role.Owner), ("lobby", (Role?)Role.Owner)], await ListAsync(Ann));
        Assert.Equal([("bobs", Role.Owner), ("lobby", (Role?)null)], await ListAsync(Bob));
        Assert.Equal([("lobby", (Role?)null)], await ListAsync(Eve));
    }

    [Fact]
    public async Task The_list_drops_a_private_room_when_the_viewer_leaves_or_is_removed()
    {
        await CreateAsync(Attic, Visibility.Private);
        await StoreAsync(Draft(Attic, new MemberJoined(Bob, Role.Member)));
        await StoreAsync(Draft(Attic, new MemberJoined(Eve, Role.Member)));
        Assert.Single(await ListAsync(Bob));

        await StoreAsync(Draft(Attic, new MemberLeft(Bob, LeaveReason.Left)));
        await StoreAsync(Draft(Attic, new MemberLeft(Eve, LeaveReason.Removed)));

        Assert.Empty(await ListAsync(Bob));
        Assert.Empty(await ListAsync(Eve));
    }

    [Fact]
    public async Task The_list_says_head_and_read_mark_of_each_room()
    {
        await CreateAsync(Lobby);
        await StoreAsync(Post(Lobby, "2"));
        await StoreAsync(Post(Lobby, "3"));
        await Directory.MoveReadMarkAsync(Lobby, Bob.Id, 2, None);

        var listing = Assert.Single(await Directory.ListAsync(Bob.Id, null, null, 10, None));

        Assert.Equal(new RoomListing((await Directory.FindAsync(Lobby, None))!, Role: null, ReadMark: 2, Unread: 1, Mentions: 0), listing);
        Assert.Equal(3, listing.Room.Head.Sequence);
    }

    [Fact]
    public async Task The_list_is_ordered_by_bytes_and_read_page_by_page()
    {
        string[] ids = ["b.2", "B", "a", "0", "a-1", "a_1", "A", "b"];
        foreach (var (id, i) in ids.Select((id, i) => (id, i)))
            await CreateAsync(RoomId.Parse(id), i % 2 == 0 ? Visibility.Private : Visibility.Public);

        var pages = new List<string>();
        RoomId? after = null;
        while (true)
        {
            var page = await Directory.ListAsync(Ann.Id, null, after, 3, None);
            if (page.Count == 0)
                break;
            Assert.True(page.Count <= 3);
            pages.AddRange(page.Select(listing => listing.Room.Id.Value));
            after = page[^1].Room.Id;
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), pages);
    }

    [Fact]
    public async Task The_list_goes_on_after_an_id_that_is_no_room()
    {
        await CreateAsync(Attic);
        await CreateAsync(Lobby);

        Assert.Equal(Lobby, Assert.Single(await Directory.ListAsync(Ann.Id, null, RoomId.Parse("b"), 10, None)).Room.Id);
    }

    [Theory]
    [InlineData("garten", "garden", "private")]
    [InlineData("GARTEN", "garden", "private")]
    [InlineData("gÄrten", "green")]
    [InlineData("ΣΊΣΥΦΟΣ", "greek")]
    [InlineData("%", "odd")]
    [InlineData("_", "odd", "under_score")]
    [InlineData("\\", "odd")]
    [InlineData("'", "odd")]
    [InlineData("100%_\\'", "odd")]
    [InlineData("EN", "garden", "green", "private")]
    [InlineData("KÜRBIS", "under_score")]
    [InlineData("none of them")]
    public async Task The_list_can_be_of_those_whose_name_topic_or_id_contains_something_in_whichever_case(string matching, params string[] expected)
    {
        await CreateNamedAsync("garden", "Der Garten");
        await CreateNamedAsync("green", "Die Gärten");
        await CreateNamedAsync("greek", "Σίσυφος");
        await CreateNamedAsync("odd", "a 100%_\\' sure name");
        await CreateNamedAsync("under_score", "plain");
        await CreateNamedAsync("private", "Kleiner garten", Visibility.Private, Ann);
        await CreateNamedAsync("others", "Bobs Garten", Visibility.Private, Bob);
        await StoreAsync(Draft(RoomId.Parse("under_score"), new TopicChanged("Kürbis")));
        await StoreAsync(Draft(RoomId.Parse("others"), new TopicChanged("Kürbis")));

        Assert.Equal(expected.Order(StringComparer.Ordinal), (await Directory.ListAsync(Ann.Id, matching, null, 10, None)).Select(l => l.Room.Id.Value));
    }

    [Fact]
    public async Task A_list_of_those_that_match_is_read_page_by_page()
    {
        for (var n = 0; n < 30; n++)
            await CreateNamedAsync($"r{n:00}", n % 3 == 0 ? "this one" : "another", n % 2 == 0 ? Visibility.Private : Visibility.Public, Ann);

        var first = await Directory.ListAsync(Ann.Id, "THIS", null, 4, None);
        var rest = await Directory.ListAsync(Ann.Id, "THIS", first[^1].Room.Id, 100, None);

        Assert.Equal(["r00", "r03", "r06", "r09"], first.Select(l => l.Room.Id.Value));
        Assert.Equal(["r12", "r15", "r18", "r21", "r24", "r27"], rest.Select(l => l.Room.Id.Value));
    }

    [Fact]
    public async Task Nothing_is_known_of_strangers_and_of_rooms_that_do_not_exist()
    {
        await CreateAsync(Lobby);

        Assert.Null(await Directory.MembershipAsync(Lobby, Eve.Id, None));
        Assert.Null(await Directory.MembershipAsync(Nowhere, Ann.Id, None));
        Assert.Empty(await Directory.MembersAsync(Nowhere, null, 10, None));
    }

    [Fact]
    public async Task Members_are_the_present_ones_ordered_by_bytes_and_read_page_by_page()
    {
        await CreateAsync(Lobby, owner: Ann);
        foreach (var id in new[] { "zoe", "Zoe", "~", "b", "!" })
            await StoreAsync(Draft(Lobby, new MemberJoined(new User(UserId.Parse(id), "x"), Role.Member)));
        await StoreAsync(Draft(Lobby, new MemberLeft(Eve, LeaveReason.Removed)));

        var first = await Directory.MembersAsync(Lobby, null, 4, None);
        var rest = await Directory.MembersAsync(Lobby, first[^1].User.Id, 4, None);

        Assert.Equal(["!", "Zoe", "ann", "b", "zoe", "~"], first.Concat(rest).Select(member => member.User.Id.Value));
        Assert.Equal(new Membership(Ann, Role.Owner, Clock.GetUtcNow()), first[2]);
    }

    [Fact]
    public async Task An_invitation_is_found_by_the_hash_of_its_token()
    {
        await CreateAsync(Lobby);
        var invitation = Invitation("i1");

        await Directory.AddInvitationAsync(invitation, None);

        Assert.Equal(invitation, await Directory.FindInvitationAsync(invitation.TokenHash, None));
        Assert.Null(await Directory.FindInvitationAsync(Hash("another"), None));
    }

    [Fact]
    public async Task An_invitation_for_no_room_or_of_a_taken_id_or_hash_is_a_bug_of_the_caller()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        await Directory.AddInvitationAsync(Invitation("i1"), None);

        Invitation[] bad =
        [
            Invitation("i1") with { TokenHash = Hash("x") },
            Invitation("i2") with { TokenHash = Hash("i1") },
            Invitation("i3") with { Room = Nowhere },
        ];
        foreach (var invitation in bad)
            await Assert.ThrowsAsync<ArgumentException>(async () => await Directory.AddInvitationAsync(invitation, None));

        await Directory.AddInvitationAsync(Invitation("i1") with { Room = Attic, TokenHash = Hash("x") }, None);
    }

    [Fact]
    public async Task A_revoked_or_expired_invitation_is_found_but_not_listed()
    {
        await CreateAsync(Lobby);
        var now = Clock.GetUtcNow();
        await Directory.AddInvitationAsync(Invitation("revoked"), None);
        await Directory.AddInvitationAsync(Invitation("expired") with { ExpiresAt = now }, None);
        await Directory.AddInvitationAsync(Invitation("open") with { ExpiresAt = now.AddMilliseconds(1) }, None);

        Assert.True(await Directory.RevokeInvitationAsync(Lobby, "revoked", None));

        Assert.True((await Directory.FindInvitationAsync(Hash("revoked"), None))!.Revoked);
        Assert.Equal(now, (await Directory.FindInvitationAsync(Hash("expired"), None))!.ExpiresAt);
        Assert.Equal("open", Assert.Single(await Directory.InvitationsAsync(Lobby, now, None)).Id);
    }

    [Fact]
    public async Task Revoking_is_true_twice_and_false_for_an_invitation_that_the_room_does_not_have()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        await Directory.AddInvitationAsync(Invitation("i1"), None);

        Assert.True(await Directory.RevokeInvitationAsync(Lobby, "i1", None));
        Assert.True(await Directory.RevokeInvitationAsync(Lobby, "i1", None));
        Assert.False(await Directory.RevokeInvitationAsync(Lobby, "i2", None));
        Assert.False(await Directory.RevokeInvitationAsync(Attic, "i1", None));
        Assert.False(await Directory.RevokeInvitationAsync(Nowhere, "i1", None));
    }

    [Fact]
    public async Task Invitations_are_listed_by_room_oldest_first()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        var now = Clock.GetUtcNow();
        await Directory.AddInvitationAsync(Invitation("z") with { CreatedAt = now }, None);
        await Directory.AddInvitationAsync(Invitation("a") with { CreatedAt = now.AddSeconds(1) }, None);
        await Directory.AddInvitationAsync(Invitation("m") with { CreatedAt = now.AddSeconds(-1) }, None);
        await Directory.AddInvitationAsync(Invitation("other") with { Room = Attic }, None);

        Assert.Equal(["m", "z", "a"], (await Directory.InvitationsAsync(Lobby, now, None)).Select(i => i.Id));
        Assert.Empty(await Directory.InvitationsAsync(Nowhere, now, None));
    }

    [Fact]
    public async Task At_most_a_thousand_invitations_are_listed()
    {
        await CreateAsync(Lobby);
        await Task.WhenAll(Enumerable.Range(0, 1001).Select(n => Directory.AddInvitationAsync(Invitation($"i{n}"), None).AsTask()));

        Assert.Equal(1000, (await Directory.InvitationsAsync(Lobby, Clock.GetUtcNow(), None)).Count);
    }

    [Fact]
    public async Task A_read_mark_is_zero_until_set_and_only_moves_forward()
    {
        await CreateAsync(Lobby);

        Assert.Equal(0, await Directory.ReadMarkAsync(Lobby, Bob.Id, None));
        Assert.Equal(5, await Directory.MoveReadMarkAsync(Lobby, Bob.Id, 5, None));
        Assert.Equal(5, await Directory.MoveReadMarkAsync(Lobby, Bob.Id, 3, None));
        Assert.Equal(5, await Directory.ReadMarkAsync(Lobby, Bob.Id, None));
        Assert.Equal(9, await Directory.MoveReadMarkAsync(Lobby, Bob.Id, 9, None));
        Assert.Equal(9, await Directory.ReadMarkAsync(Lobby, Bob.Id, None));
    }

    [Fact]
    public async Task Read_marks_are_each_users_own_in_each_room_and_nothing_in_a_room_that_does_not_exist()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        await Directory.MoveReadMarkAsync(Lobby, Bob.Id, 5, None);

        Assert.Equal(0, await Directory.ReadMarkAsync(Lobby, Ann.Id, None));
        Assert.Equal(0, await Directory.ReadMarkAsync(Attic, Bob.Id, None));
        Assert.Equal(0, await Directory.MoveReadMarkAsync(Nowhere, Bob.Id, 5, None));
        Assert.Equal(0, await Directory.ReadMarkAsync(Nowhere, Bob.Id, None));
    }

    [Fact]
    public async Task A_hidden_room_is_listed_again_when_its_log_goes_on()
    {
        await CreateAsync(Attic, Visibility.Private);
        await StoreAsync(Draft(Attic, new MemberJoined(Bob, Role.Member)));

        await Directory.HideAsync(Attic, Bob.Id, 2, None);
        await Directory.HideAsync(Attic, Bob.Id, 1, None);
        Assert.Empty(await ListAsync(Bob));
        Assert.Single(await ListAsync(Ann));
        Assert.NotNull(await Directory.LookAsync(Attic, Bob.Id, None));
        await StoreAsync(Post(Attic, "news"));
        Assert.Single(await ListAsync(Bob));

        await Directory.HideAsync(Attic, Bob.Id, 3, None);
        Assert.Empty(await ListAsync(Bob));
        await Directory.HideAsync(Attic, Bob.Id, 0, None);
        Assert.Single(await ListAsync(Bob));
        await Directory.HideAsync(Nowhere, Bob.Id, 1, None);
    }

    [Fact]
    public async Task The_people_of_several_rooms_are_their_present_members()
    {
        await CreateAsync(Lobby, owner: Bob);
        await CreateAsync(Attic, Visibility.Private, Ann);
        foreach (var user in new[] { Eve, Bob, Carol })
            await StoreAsync(Draft(Attic, new MemberJoined(user, Role.Member)));
        await StoreAsync(Draft(Attic, new MemberLeft(Eve, LeaveReason.Removed)));
        await StoreAsync(Draft(Attic, new MemberLeft(Carol, LeaveReason.Left)));

        var people = await Directory.PeopleAsync([Attic, Nowhere, Lobby, Attic], None);

        Assert.Equal(2, people.Count);
        Assert.Equal([Ann, Bob], people[Attic]);
        Assert.Equal([Bob], people[Lobby]);
    }

    [Fact]
    public async Task A_ticket_is_used_exactly_once_however_many_ask_at_once()
    {
        var expiresAt = Clock.GetUtcNow().AddSeconds(30);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await Directory.TryUseTicketAsync("t1", expiresAt, None))));

        Assert.Single(answers, first => first);
        Assert.True(await Directory.TryUseTicketAsync("t2", expiresAt, None));
        Assert.False(await Directory.TryUseTicketAsync("t2", expiresAt, None));
    }

    [Fact]
    public async Task A_used_ticket_is_remembered_for_a_minute_after_it_expired_at_least()
    {
        var expiresAt = Clock.GetUtcNow().AddSeconds(30);
        await Directory.TryUseTicketAsync("t1", expiresAt, None);

        Clock.Advance(TimeSpan.FromSeconds(90));
        await Directory.TryUseTicketAsync("t2", Clock.GetUtcNow().AddSeconds(30), None);

        Assert.False(await Directory.TryUseTicketAsync("t1", expiresAt, None));
    }

    private async Task<IEnumerable<(string Id, Role? Role)>> ListAsync(User viewer) =>
        (await Directory.ListAsync(viewer.Id, null, null, 100, None)).Select(listing => (listing.Room.Id.Value, listing.Role));

    private Task<RoomEvent> CreateNamedAsync(string id, string name, Visibility visibility = Visibility.Public, User? owner = null) =>
        StoreAsync(Draft(RoomId.Parse(id), new RoomCreated(name, visibility), owner));

    private Invitation Invitation(string id) =>
        new(id, Lobby, Hash(id), Ann.Id, Clock.GetUtcNow(), Clock.GetUtcNow().AddDays(7));

    private static string Hash(string token) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));
}
