using Hubbub.ConformanceTests.Stores;
using Hubbub.Core.Log;
using Hubbub.Core.People;
using Hubbub.Core.Rooms;
using Hubbub.Core.Search;
using Hubbub.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.ConformanceTests.Search;

/// <summary>What every <see cref="ISearch"/> does beside its store: it finds what was said, to those who may read it now, and follows the log whatever happens to the index.</summary>
public abstract class SearchContract : IAsyncLifetime
{
    protected static readonly User Ann = new(UserId.Parse("ann"), "Ann Müller");
    protected static readonly User Bob = new(UserId.Parse("bob"), "Bob");
    protected static readonly User Eve = new(UserId.Parse("eve"), "Eve");
    protected static readonly RoomId Lobby = RoomId.Parse("lobby");
    protected static readonly RoomId Attic = RoomId.Parse("Attic");
    protected static readonly CancellationToken None = CancellationToken.None;

    private readonly SettableClock _clock = new();
    private SearchUnderTest _store = null!;

    protected IRoomLog Log => _store.Log;

    protected ISearch Search => _store.Search;

    protected SearchUnderTest Store => _store;

    public async Task InitializeAsync()
    {
        _store = await OpenAsync(_clock);
        await AppendAsync(Ann, Lobby, new RoomCreated("The Lobby", Visibility.Public));
        await AppendAsync(Ann, Attic, new RoomCreated("Dachboden", Visibility.Private));
    }

    public async Task DisposeAsync() => await _store.DisposeAsync();

    [Theory]
    [InlineData("hello", "Hello, wörld!")]
    [InlineData("WORLD", "Hello, wörld!")]
    [InlineData("wörld hello", "Hello, wörld!")]
    [InlineData("\"hello world\"", "Hello, wörld!")]
    [InlineData("\"world hello\"")]
    [InlineData("hell")]
    [InlineData("don't", "I don't know")]
    [InlineData("t'don")]
    [InlineData("ГОРОД", "в городе Город")]
    [InlineData("天気", "今日は良い天気ですね")]
    [InlineData("気天")]
    [InlineData("file", "the ﬁle")]
    [InlineData("example.org", "see https://example.org/a?b=c")]
    [InlineData("has:link", "see https://example.org/a?b=c")]
    [InlineData("has:link hello")]
    [InlineData("has:file")]
    [InlineData("AND", "this AND that")]
    [InlineData("NEAR(this that)")]
    [InlineData("this that", "this AND that")]
    [InlineData("\"this\" AND \"that\"", "this AND that")]
    [InlineData("cafe\u0301", "Café")]
    [InlineData("ἀθήνα", "ΑΘΗΝΑ")]
    public async Task Words_and_phrases_are_found_in_whichever_form_they_are_written(string query, params string[] expected)
    {
        foreach (var text in new[] { "Hello, wörld!", "I don't know", "в городе Город", "今日は良い天気ですね", "the ﬁle", "see https://example.org/a?b=c", "this AND that", "Café", "ΑΘΗΝΑ" })
            await SayAsync(Ann, Lobby, text);

        Assert.Equal(expected, await FindAsync(query));
    }

    [Theory]
    [InlineData("' OR 1=1 --")]
    [InlineData("\") OR terms MATCH (\"x")]
    [InlineData("{terms} : x*")]
    [InlineData("x' & !'y")]
    [InlineData("'); DROP TABLE messages; --")]
    [InlineData("^x + y NOT z *")]
    [InlineData("a\\' | b:*")]
    [InlineData("$1 ?1 :x @x")]
    [InlineData("@LINK")]
    [InlineData("\"\"\"\"")]
    [InlineData("from:\"' OR '1'='1\" x")]
    [InlineData("in:\"%' OR '1'='1\" x")]
    [InlineData("\u0000x\u0001 \ud800")]
    public async Task No_text_means_anything_to_a_database(string query)
    {
        await SayAsync(Ann, Lobby, "plain words and https://example.org");
        if (SearchQuery.Read(query).Is(out var read, out _))
            Assert.Empty((await Search.FindAsync(read, new SearchScope(Ann.Id, null), null, 20, None))!.Hits);

        Assert.Equal(["plain words and https://example.org"], await FindAsync("plain"));
    }

    [Fact]
    public async Task Any_text_at_all_is_answered()
    {
        await SayAsync(Ann, Lobby, "plain words");
        var random = new Random(1);
        const string Signs = "ab \"'()*:^+-{}\\|&!<>@#$%?;.,\t\n äß語\u0301🦉from:in:has:beforeANDORNOTNEAR";
        for (var i = 0; i < 300; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Signs[random.Next(Signs.Length)])]);
            if (SearchQuery.Read(text).Is(out var query, out _))
                Assert.NotNull(await Search.FindAsync(query, new SearchScope(Ann.Id, null), null, 5, None));
        }
    }

    [Fact]
    public async Task Senders_are_found_by_id_and_by_words_of_their_name_and_rooms_by_id_and_name()
    {
        await SayAsync(Ann, Lobby, "one word");
        await SayAsync(Bob, Lobby, "two words");
        await SayAsync(Ann, Attic, "three words");

        Assert.Equal(["three words", "one word"], await FindAsync("from:ann", Ann));
        Assert.Equal(["three words", "one word"], await FindAsync("from:MULLER", Ann));
        Assert.Equal(["three words", "one word"], await FindAsync("from:\"Ann Müller\"", Ann));
        Assert.Empty(await FindAsync("from:\"Ann Meier\"", Ann));
        Assert.Empty(await FindAsync("from:an", Ann));
        Assert.Equal(["three words", "two words", "one word"], await FindAsync("from:@ann from:Bob", Ann));
        Assert.Equal(["two words"], await FindAsync("words in:lobby", Ann));
        Assert.Equal(["three words"], await FindAsync("in:DACHBODEN", Ann));
        Assert.Equal(["three words"], await FindAsync("in:Attic", Ann));
        Assert.Empty(await FindAsync("in:attic", Ann));
        Assert.Equal(["three words", "two words"], await FindAsync("words in:\"the lobby\" in:Attic", Ann));
        Assert.Empty(await FindAsync("words in:nowhere", Ann));
    }

    [Fact]
    public async Task Days_bound_what_is_found_by_the_clock_of_the_server()
    {
        // The clock stands at noon of the first of March.
        await SayAsync(Ann, Lobby, "the first");
        _clock.Advance(TimeSpan.FromHours(12));
        await SayAsync(Ann, Lobby, "the second");
        _clock.Advance(TimeSpan.FromHours(24));
        await SayAsync(Ann, Lobby, "the third");

        Assert.Equal(["the second", "the first"], await FindAsync("the before:2026-03-03"));
        Assert.Equal(["the third"], await FindAsync("the after:2026-03-02"));
        Assert.Equal(["the second"], await FindAsync("after:2026-03-01 before:2026-03-03"));
        Assert.Empty(await FindAsync("the after:2026-03-03"));
        Assert.Empty(await FindAsync("the before:2026-03-01"));
    }

    [Fact]
    public async Task The_newest_come_first_and_pages_follow_one_another_without_holes_also_of_one_moment()
    {
        var said = new List<string>();
        for (var i = 0; i < 45; i++)
        {
            // Several of one millisecond, in both rooms.
            if (i % 10 == 0)
                _clock.Advance(TimeSpan.FromMilliseconds(1));
            await AppendAsync(i % 2 == 0 ? Ann : Bob, i % 3 == 0 ? Attic : Lobby, new MessagePosted($"word number{i}"));
            said.Add($"word number{i}");
        }

        await FollowAsync();
        var found = new List<SearchHit>();
        string? before = null;
        do
        {
            var page = (await Search.FindAsync(Read("word"), new SearchScope(Ann.Id, null), before, 7, None))!;
            Assert.InRange(page.Hits.Count, 1, 7);
            found.AddRange(page.Hits);
            before = page.Next;
        }
        while (before is not null);

        Assert.Equal(said.Order(), found.Select(h => h.Text).Order());
        Assert.Equal(found.Select(h => h.SentAt).OrderDescending(), found.Select(h => h.SentAt));
        foreach (var room in new[] { Lobby, Attic })
            Assert.Equal(found.Where(h => h.Room == room).Select(h => h.Id.Sequence).OrderDescending(), found.Where(h => h.Room == room).Select(h => h.Id.Sequence));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-1")]
    [InlineData("1~2")]
    [InlineData("99999999999999999999999999")]
    [InlineData("1 OR 1=1")]
    public async Task A_place_that_is_none_of_ours_is_refused(string before) =>
        await Assert.ThrowsAsync<FormatException>(async () => await Search.FindAsync(Read("x"), new SearchScope(Ann.Id, null), before, 5, None));

    [Fact]
    public async Task A_message_is_found_as_it_stands_with_its_place_sender_and_time()
    {
        var first = await SayAsync(Bob, Lobby, "first");
        _clock.Advance(TimeSpan.FromHours(1));
        await AppendAsync(Bob, Lobby, new MessageEdited(first.Sequence, "better"));
        await FollowAsync();

        var hit = Assert.Single((await Search.FindAsync(Read("better"), new SearchScope(Eve.Id, null), null, 5, None))!.Hits);

        Assert.Equal(new SearchHit(Lobby, first.Position, Bob, first.SentAt, "better"), hit);
        Assert.Empty(await FindAsync("first"));
    }

    [Fact]
    public async Task What_is_deleted_is_not_found_whether_the_index_had_it_or_not()
    {
        var known = await SayAsync(Bob, Lobby, "secret one");
        await FollowAsync();
        Assert.Single(await FindAsync("secret"));
        await AppendAsync(Bob, Lobby, new MessageDeleted(known.Sequence));
        var unknown = await SayAsync(Bob, Lobby, "secret two");
        await AppendAsync(Bob, Lobby, new MessageEdited(unknown.Sequence, "secret three"));
        await AppendAsync(Bob, Lobby, new MessageDeleted(unknown.Sequence));

        Assert.Empty(await FindAsync("secret"));
    }

    [Fact]
    public async Task What_has_ended_is_not_found_from_then_on_though_the_index_was_told_nothing()
    {
        var deleted = await SayAsync(Bob, Lobby, "secret one");
        var edited = await SayAsync(Bob, Lobby, "secret two");
        var answered = await SayAsync(Bob, Lobby, "secret three");
        await FollowAsync();
        await AppendAsync(Bob, Lobby, new MessageDeleted(deleted.Sequence));
        await AppendAsync(Bob, Lobby, new MessageEdited(edited.Sequence, "open two"));
        await AppendAsync(Ann, Lobby, new MessagePosted("yes") { Thread = answered.Sequence });
        await AppendAsync(Ann, Lobby, new ReactionAdded(answered.Sequence, "👍"));

        Assert.Equal(["secret three"], await FindNowAsync("secret"));
        Assert.Equal(["secret three"], await FindAsync("secret"));
        Assert.Equal(["open two"], await FindAsync("open"));
    }

    [Fact]
    public async Task What_is_no_message_is_not_found()
    {
        var said = await SayAsync(Ann, Lobby, "word");
        foreach (var content in new EventContent[]
                 {
                     new ReactionAdded(said.Sequence, ":other:"), new MemberJoined(new User(Eve.Id, "Other"), Role.Member), new RoomRenamed("other"), new TopicChanged("other"), new MessagePinned(said.Sequence),
                 })
            await AppendAsync(Ann, Lobby, content);

        Assert.Empty(await FindAsync("other"));
        Assert.Equal(["word"], await FindAsync("in:lobby"));
    }

    [Fact]
    public async Task Nothing_is_found_of_whom_the_searcher_blocks_and_others_find_it()
    {
        await SayAsync(Ann, Lobby, "word of Ann");
        await SayAsync(Bob, Lobby, "word of Bob");
        await FollowAsync();

        await Store.People.BlockAsync(Eve.Id, Bob.Id, _clock.GetUtcNow(), None);
        Assert.Equal(["word of Ann"], await FindNowAsync("word"));
        Assert.Empty(await FindNowAsync("from:bob"));
        Assert.Equal(["word of Bob", "word of Ann"], await FindNowAsync("word", Bob));
        await Store.People.UnblockAsync(Eve.Id, Bob.Id, None);
        Assert.Equal(["word of Bob", "word of Ann"], await FindNowAsync("word"));
    }

    [Fact]
    public async Task A_message_with_a_file_is_found_by_it_also_after_an_edit_and_no_more_when_it_is_gone()
    {
        await SayAsync(Ann, Lobby, "without");
        await FollowAsync();
        var said = await SayAsync(Ann, Lobby, "with");
        var last = await SayAsync(Ann, Lobby, "more");
        var at = await Search.PositionAsync(Lobby, None);
        Assert.True(await Search.TakeInAsync(Lobby, at, said.Position, [new MessageIndexed(said.Sequence, Ann, said.SentAt, "with", HasFile: true)], None));
        Assert.Equal(["with"], await FindAsync("has:file"));

        Assert.True(await Search.TakeInAsync(Lobby, last.Position, last.Position, [new MessageReplaced(said.Sequence, "with another text")], None));
        Assert.Equal(["with another text"], await FindAsync("has:file text"));
        Assert.True(await Search.TakeInAsync(Lobby, last.Position, last.Position, [new MessageDropped(said.Sequence)], None));
        Assert.Empty(await FindAsync("has:file"));
    }

    [Fact]
    public async Task Only_what_the_searcher_may_read_now_is_found()
    {
        await SayAsync(Ann, Lobby, "public word");
        await SayAsync(Ann, Attic, "private word");

        Assert.Equal(["private word", "public word"], await FindAsync("word", Ann));
        Assert.Equal(["public word"], await FindAsync("word", Bob));
        Assert.Empty(await FindAsync("word in:Attic", Bob));
        await AppendAsync(Ann, Attic, new MemberJoined(Bob, Role.Member));
        Assert.Equal(["private word", "public word"], await FindAsync("word", Bob));

        // From here on the index is not told of anything: who may read is asked of the store.
        await AppendAsync(Ann, Attic, new MemberLeft(Bob, LeaveReason.Removed));
        await AppendAsync(Ann, Lobby, new MemberLeft(Bob, LeaveReason.Removed));
        Assert.Empty((await Search.FindAsync(Read("word"), new SearchScope(Bob.Id, null), null, 5, None))!.Hits);
        await AppendAsync(Ann, Attic, new MemberLeft(Ann, LeaveReason.Left));
        Assert.Equal("public word", Assert.Single((await Search.FindAsync(Read("word"), new SearchScope(Ann.Id, null), null, 5, None))!.Hits).Text);
    }

    [Fact]
    public async Task A_token_with_grants_finds_in_its_own_rooms_and_in_no_other()
    {
        await SayAsync(Ann, Lobby, "public word");
        await SayAsync(Ann, Attic, "private word");

        Assert.Equal(["private word"], await FindAsync("word", Eve, ("Attic", Role.Member)));
        Assert.Equal(["private word"], await FindAsync("word", Eve, ("At*", Role.Member)));
        Assert.Equal(["private word", "public word"], await FindAsync("word", Eve, ("*", Role.Member)));
        Assert.Equal(["public word"], await FindAsync("word", Ann, ("lobby", Role.Member)));
        Assert.Empty(await FindAsync("word", Ann, ("attic", Role.Owner), ("%", Role.Owner), ("lob_y", Role.Owner)));
        Assert.Empty(await FindAsync("word", Ann));
        await AppendAsync(Ann, Attic, new MemberLeft(Eve, LeaveReason.Removed));
        Assert.Empty(await FindAsync("word", Eve, ("Attic", Role.Owner)));

        // What people say to each other alone is theirs, whatever an application grants.
        var direct = RoomId.Parse(RoomId.DirectPrefix + new string('a', 40));
        await AppendAsync(Ann, direct, new RoomCreated("Direct", Visibility.Private));
        await SayAsync(Ann, direct, "whispered word");
        Assert.Equal(["public word"], await FindAsync("word", Eve, ("*", Role.Owner)));
        Assert.Equal(["whispered word", "private word", "public word"], await FindAsync("word", Ann, ("*", Role.Member)));

        async Task<List<string>> FindAsync(string query, User viewer, params (string Pattern, Role Role)[] grants)
        {
            await FollowAsync();
            var scope = new SearchScope(viewer.Id, new RoomGrants(grants.ToDictionary(g => g.Pattern, g => g.Role)));
            return [.. (await Search.FindAsync(Read(query), scope, null, 10, None))!.Hits.Select(h => h.Text)];
        }
    }

    [Fact]
    public async Task The_index_says_which_rooms_are_ahead_of_it_and_by_how_much()
    {
        await SayAsync(Ann, Lobby, "one");
        Assert.Equal([("Attic", 1L), ("lobby", 2L)], (await Search.BehindAsync(10, None)).Select(b => (b.Room.Value, b.Events)).Order());
        Assert.Single(await Search.BehindAsync(1, None));

        await FollowAsync();
        Assert.Empty(await Search.BehindAsync(10, None));

        await SayAsync(Ann, Lobby, "two");
        await SayAsync(Ann, Lobby, "three");
        var behind = Assert.Single(await Search.BehindAsync(10, None));
        Assert.Equal((Lobby, 2L, 4L), (behind.Room, behind.Events, behind.Head.Sequence));
    }

    [Fact]
    public async Task Of_two_who_take_in_the_same_one_finds_it_done_and_nothing_is_there_twice()
    {
        var said = await SayAsync(Ann, Lobby, "word");
        var changes = new List<IndexChange> { new MessageIndexed(said.Sequence, Ann, said.SentAt, "word") };

        var done = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(async () => await Search.TakeInAsync(Lobby, Position.Start, said.Position, changes, None))));

        Assert.Single(done, first => first);
        Assert.Equal(said.Position, await Search.PositionAsync(Lobby, None));
        Assert.False(await Search.TakeInAsync(Lobby, Position.Start, said.Position, changes, None));
        Assert.Equal(["word"], await FindAsync("word"));
    }

    [Fact]
    public async Task A_log_of_another_life_is_taken_in_anew_and_nothing_of_the_old_is_found()
    {
        await SayAsync(Ann, Lobby, "of the first life");
        await FollowAsync();
        await _store.RenewEpochsAsync();

        Assert.Empty((await Search.FindAsync(Read("life"), new SearchScope(Ann.Id, null), null, 5, None))!.Hits);
        await FollowAsync();
        var hit = Assert.Single((await Search.FindAsync(Read("life"), new SearchScope(Ann.Id, null), null, 5, None))!.Hits);
        Assert.Equal((await Log.HeadsAsync([Lobby], None))[0], hit.Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_happened_in_whatever_steps_exactly_what_stands_is_found(int seed)
    {
        var random = new Random(seed);
        string[] words = ["red", "green", "blue", "wörd", "語"];
        User[] people = [Ann, Bob];
        for (var step = 0; step < 60; step++)
        {
            var room = random.Next(3) == 0 ? Attic : Lobby;
            var who = people[random.Next(2)];
            var head = (await Log.HeadsAsync([room], None))[0]!.Value.Sequence;
            var text = string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => words[random.Next(words.Length)]));
            await AppendAsync(who, room, random.Next(6) switch
            {
                0 => new MessageDeleted(await AnyMessageAsync(room, head, random)),
                1 => new MessageEdited(await AnyMessageAsync(room, head, random), text),
                _ => new MessagePosted(text),
            });
            _clock.Advance(TimeSpan.FromMilliseconds(random.Next(3)));
            if (random.Next(8) == 0)
                await FollowAsync();
            if (step % 20 != 19)
                continue;
            foreach (var word in words)
                Assert.Equal(await ModelAsync(word), (await FindAsync(word, Ann)).Order(StringComparer.Ordinal));
        }

        async Task<List<string>> ModelAsync(string word)
        {
            var texts = new List<string>();
            foreach (var room in new[] { Lobby, Attic })
            {
                var standing = new Dictionary<long, string>();
                foreach (var e in (await Log.ReadAsync(room, 0, Limits.MaxPage, None))!.Events)
                {
                    if (e.Content is MessagePosted posted)
                        standing[e.Sequence] = posted.Text;
                    else if (e.Content is MessageEdited edited && standing.ContainsKey(edited.Message))
                        standing[edited.Message] = edited.Text;
                    else if (e.Content is MessageDeleted deleted)
                        standing.Remove(deleted.Message);
                }

                texts.AddRange(standing.Values.Where(t => t.Split(' ').Contains(word)));
            }

            return [.. texts.Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>A new, empty store and its index.</summary>
    protected abstract Task<SearchUnderTest> OpenAsync(TimeProvider time);

    /// <summary>Posts, a moment after all that was posted before.</summary>
    protected async Task<RoomEvent> SayAsync(User sender, RoomId room, string text)
    {
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        return await AppendAsync(sender, room, new MessagePosted(text));
    }

    protected async Task<RoomEvent> AppendAsync(User sender, RoomId room, EventContent content)
    {
        var outcome = Assert.Single(await Log.AppendAsync([new Draft(room, sender, _clock.GetUtcNow(), null, content, new Epoch(7))], None));
        return outcome.Event ?? new RoomEvent(room, Position.Start, sender, _clock.GetUtcNow(), null, content);
    }

    /// <summary>Lets the index follow the log to its head.</summary>
    protected async Task FollowAsync()
    {
        var indexer = new Indexer(Log, Search, _clock, NullLogger<Indexer>.Instance);
        foreach (var behind in await Search.BehindAsync(100, None))
            await indexer.FollowAsync(behind.Room, None);
    }

    protected async Task<List<string>> FindAsync(string query, User? viewer = null)
    {
        await FollowAsync();
        return [.. (await Search.FindAsync(Read(query), new SearchScope((viewer ?? Eve).Id, null), null, 100, None))!.Hits.Select(h => h.Text)];
    }

    /// <summary>Without a word to the index.</summary>
    private async Task<List<string>> FindNowAsync(string query, User? viewer = null) =>
        [.. (await Search.FindAsync(Read(query), new SearchScope((viewer ?? Eve).Id, null), null, 100, None))!.Hits.Select(h => h.Text)];

    protected static SearchQuery Read(string query) => SearchQuery.Read(query).Is(out var read, out var refusal) ? read : throw new InvalidOperationException(refusal.Message);

    private async Task<long> AnyMessageAsync(RoomId room, long head, Random random)
    {
        var messages = (await Log.ReadAsync(room, 0, Limits.MaxPage, None))!.Events.Where(e => e.Content is MessagePosted).Select(e => e.Sequence).ToArray();
        return messages.Length == 0 ? head : messages[random.Next(messages.Length)];
    }
}

/// <summary>A store, its index, and how to close them.</summary>
public sealed class SearchUnderTest(IRoomLog log, IPeople people, ISearch search, Func<Task> renewEpochs, Func<ValueTask> close, string? folder = null) : IAsyncDisposable
{
    public IRoomLog Log => log;

    public IPeople People => people;

    public ISearch Search => search;

    /// <summary>Where the files are, if there are any.</summary>
    public string? Folder => folder;

    public Task RenewEpochsAsync() => renewEpochs();

    public ValueTask DisposeAsync() => close();
}
