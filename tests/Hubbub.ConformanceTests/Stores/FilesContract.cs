using Hubbub.Core.Files;
using Hubbub.Protocol;
using Xunit;

namespace Hubbub.ConformanceTests.Stores;

/// <summary>What every <see cref="IFiles"/> does, with the log beside it.</summary>
public abstract class FilesContract : StoreContract
{
    private const long Plenty = 1L << 30;
    private int _drawn;

    [Fact]
    public async Task A_file_is_there_whole_when_it_is_completed_and_is_read_from_anywhere()
    {
        await CreateAsync(Lobby);

        // Over two pieces of a database, and some.
        var bytes = new byte[600_001];
        new Random(7).NextBytes(bytes);
        await using var upload = await BeginAsync("a");
        for (var at = 0; at < bytes.Length; at += 100_000)
            await upload.WriteAsync(bytes.AsMemory(at, Math.Min(100_000, bytes.Length - at)), None);
        Assert.Empty(await Files.FindAsync(Lobby, [Id("a")], None));
        Assert.True(await upload.CompleteAsync(new FileDescription("cat \u732b.png", "image/png", bytes.Length, 30, 20), Plenty, None));

        var found = Assert.Single(await Files.FindAsync(Lobby, [Id("a")], None));

        Assert.Equal(new StoredFile(Id("a"), Lobby, Ann.Id, new FileDescription("cat \u732b.png", "image/png", bytes.Length, 30, 20), null, null), found);
        Assert.Equal(bytes, await BytesAsync(found));
        await using var stream = (await Files.OpenAsync(found, None))!;
        stream.Position = 524_280;
        var middle = new byte[20];
        await stream.ReadExactlyAsync(middle);
        Assert.Equal(bytes[524_280..524_300], middle);
        Assert.Empty(await Files.FindAsync(Attic, [Id("a")], None));
        Assert.Empty(await Files.FindAsync(Nowhere, [Id("a")], None));
    }

    [Fact]
    public async Task What_is_not_completed_leaves_nothing()
    {
        await CreateAsync(Lobby);
        await using (var upload = await BeginAsync("a"))
            await upload.WriteAsync(new byte[300_000], None);

        Assert.Empty(await Files.FindAsync(Lobby, [Id("a")], None));
        await Files.SweepAsync(Clock.GetUtcNow() - TimeSpan.FromDays(1), None);
        Assert.Equal(0, await Files.SweepAsync(Clock.GetUtcNow() - TimeSpan.FromDays(1), None));
        Assert.NotNull(await Files.BeginAsync(new NewFile(Id("b"), Lobby, Ann.Id, Clock.GetUtcNow()), 1, None));
    }

    [Fact]
    public async Task Only_so_many_files_and_bytes_of_one_person_wait()
    {
        await CreateAsync(Lobby);
        await using var first = await BeginAsync("a");
        await using var second = await BeginAsync("b");
        Assert.Null(await Files.BeginAsync(new NewFile(Id("c"), Lobby, Ann.Id, Clock.GetUtcNow()), 2, None));
        Assert.Null(await Files.BeginAsync(new NewFile(Id("c"), Nowhere, Ann.Id, Clock.GetUtcNow()), 9, None));
        await using var anothers = await BeginAsync("d", Bob, most: 1);
        foreach (var upload in new[] { first, second, anothers })
            await upload.WriteAsync(new byte[60], None);

        Assert.True(await first.CompleteAsync(Plain(60), 100, None));
        Assert.False(await second.CompleteAsync(Plain(60), 100, None));
        Assert.True(await anothers.CompleteAsync(Plain(60), 100, None));

        // What a message brings waits no more.
        await StoreAsync(Draft(Lobby, await BringingAsync("a")));
        await KeepAsync("e", size: 60, mostBytes: 100);
    }

    [Fact]
    public async Task A_message_claims_its_files_and_says_what_they_are()
    {
        await CreateAsync(Lobby);
        await KeepAsync("a");
        await KeepAsync("a small", thumbnailOf: "a");
        var content = await BringingAsync("a");

        var stored = await StoreAsync(Draft(Lobby, content, key: "k"));

        Assert.Equal(content, Assert.IsType<MessagePosted>((await ReadAsync(Lobby)).Events[^1].Content));
        Assert.False(content.IsDeleted);
        Assert.Equal("", content.Text);
        Assert.Equal([stored.Sequence, stored.Sequence], (await Files.FindAsync(Lobby, [Id("a")], None)).Select(f => f.Message!.Value));
        Assert.Equal(content, Assert.Single(await Messages.FindAsync(Lobby, [stored.Sequence], Bob.Id, None)).Content);

        // The same again is the same, also when it finds no thumbnail or no file any more; another message cannot have the file.
        var repeated = await AppendOneAsync(Draft(Lobby, content, key: "k"));
        Assert.Equal((true, stored.Position), (repeated.IsRepeated, repeated.Event!.Position));
        Assert.True((await AppendOneAsync(Draft(Lobby, new MessagePosted("") { Files = AttachedFile.Write([new AttachedFile(Id("a"), "", FileRules.InertType, 0)]) }, key: "k"))).IsRepeated);
        Assert.Equal(Refusals.KeyReused, (await AppendOneAsync(Draft(Lobby, new MessagePosted("x"), key: "k"))).Refusal);
        Assert.Equal(Refusals.BadFiles, (await AppendOneAsync(Draft(Lobby, content, key: "another"))).Refusal);
        Assert.Equal(Refusals.BadFiles, (await AppendOneAsync(Draft(Lobby, content))).Refusal);
        Assert.Equal(stored.Sequence, await HeadAsync(Lobby));
    }

    [Fact]
    public async Task Only_ones_own_whole_files_of_the_room_are_brought_and_a_refusal_takes_none()
    {
        await CreateAsync(Lobby);
        await CreateAsync(Attic);
        await KeepAsync("mine");
        await KeepAsync("small", thumbnailOf: "mine");
        await KeepAsync("bob's", uploader: Bob);
        await KeepAsync("elsewhere", room: Attic);
        await using var coming = await BeginAsync("coming");

        foreach (var other in new[] { "bob's", "elsewhere", "coming", "small", "none such" })
        {
            var both = new MessagePosted("x") { Files = AttachedFile.Write([Attached("mine"), Attached(other)]) };
            Assert.Equal(Refusals.BadFiles, (await AppendOneAsync(Draft(Lobby, both))).Refusal);
        }

        await StoreAsync(Draft(Lobby, await BringingAsync("mine")));
    }

    [Fact]
    public async Task Of_many_messages_that_want_one_file_at_once_one_has_it()
    {
        await CreateAsync(Lobby);
        await KeepAsync("a");
        var content = await BringingAsync("a");

        var outcomes = (await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AppendAsync(Draft(Lobby, content), Draft(Lobby, content))))).SelectMany(o => o).ToList();

        Assert.Single(outcomes, o => o.IsAppended);
        Assert.Equal(15, outcomes.Count(o => o.Refusal == Refusals.BadFiles));
    }

    [Fact]
    public async Task A_deletion_takes_the_files_with_it_and_a_sweep_their_bytes()
    {
        await CreateAsync(Lobby);
        await KeepAsync("a");
        await KeepAsync("small", thumbnailOf: "a");
        await KeepAsync("other");
        var posted = await StoreAsync(Draft(Lobby, (await BringingAsync("a")) with { Text = "see" }, key: "k"));
        await StoreAsync(Draft(Lobby, await BringingAsync("other")));
        var file = (await Files.FindAsync(Lobby, [Id("a")], None)).Single(f => f.Id == Id("a"));

        await StoreAsync(Draft(Lobby, new MessageDeleted(posted.Sequence)));

        var erased = Assert.IsType<MessagePosted>((await ReadAsync(Lobby)).Events[(int)posted.Sequence - 1].Content);
        Assert.Equal((true, "", null), (erased.IsDeleted, erased.Text, erased.Files));
        Assert.Empty(await Files.FindAsync(Lobby, [Id("a"), Id("small")], None));
        Assert.True((await AppendOneAsync(Draft(Lobby, await BringingAsync("a"), key: "k"))).IsRepeated);
        Assert.Equal(2, await SweepAllAsync());
        Assert.True(await IsGoneAsync(file));
        Assert.NotEmpty(await BytesAsync(Assert.Single(await Files.FindAsync(Lobby, [Id("other")], None))));
    }

    [Fact]
    public async Task A_message_that_only_brings_a_file_can_be_edited_reacted_to_and_pinned()
    {
        await CreateAsync(Lobby);
        await KeepAsync("a");
        var posted = await StoreAsync(Draft(Lobby, await BringingAsync("a")));

        await StoreAsync(Draft(Lobby, new ReactionAdded(posted.Sequence, "👍")));
        await StoreAsync(Draft(Lobby, new MessagePinned(posted.Sequence)));
        await StoreAsync(Draft(Lobby, new MessageEdited(posted.Sequence, "a cat")));

        var standing = Assert.Single(await Messages.FindAsync(Lobby, [posted.Sequence], Ann.Id, None));
        Assert.Equal(("a cat", false), (standing.Text, standing.Content.IsDeleted));
        Assert.NotNull(standing.Content.Files);
    }

    [Fact]
    public async Task What_waits_can_be_dropped_by_its_uploader_and_goes_by_itself_in_time()
    {
        await CreateAsync(Lobby);
        await KeepAsync("dropped");
        await KeepAsync("its small one", thumbnailOf: "dropped");
        await KeepAsync("brought");
        await StoreAsync(Draft(Lobby, await BringingAsync("brought")));
        await KeepAsync("old");
        var coming = await BeginAsync("never completed");
        await coming.WriteAsync(new byte[10], None);
        Clock.Advance(TimeSpan.FromHours(25));
        await KeepAsync("young");

        Assert.False(await Files.DropAsync(Lobby, Id("dropped"), Bob.Id, None));
        Assert.False(await Files.DropAsync(Attic, Id("dropped"), Ann.Id, None));
        Assert.False(await Files.DropAsync(Lobby, Id("brought"), Ann.Id, None));
        Assert.True(await Files.DropAsync(Lobby, Id("dropped"), Ann.Id, None));
        Assert.False(await Files.DropAsync(Lobby, Id("dropped"), Ann.Id, None));
        Assert.Equal(4, await SweepAllAsync());

        var left = await Files.FindAsync(Lobby, [Id("dropped"), Id("brought"), Id("old"), Id("young")], None);
        Assert.Equal(new[] { Id("brought"), Id("young") }.Order(), left.Select(f => f.Id).Order());
        Assert.False(await coming.CompleteAsync(Plain(10), Plenty, None));
        await coming.DisposeAsync();
    }

    /// <summary>32 hex digits that a word stands for.</summary>
    private static string Id(string word) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(word)).AsSpan(0, 16));

    private static AttachedFile Attached(string word) => new(Id(word), "x", FileRules.InertType, 1);

    private static FileDescription Plain(long size) => new("x.bin", FileRules.InertType, size, null, null);

    private async Task<IUpload> BeginAsync(string word, User? uploader = null, RoomId? room = null, string? thumbnailOf = null, int most = 100)
    {
        var upload = await Files.BeginAsync(
            new NewFile(Id(word), room ?? Lobby, (uploader ?? Ann).Id, Clock.GetUtcNow(), thumbnailOf is null ? null : Id(thumbnailOf)), most, None);
        Assert.NotNull(upload);
        return upload;
    }

    private async Task KeepAsync(string word, User? uploader = null, RoomId? room = null, string? thumbnailOf = null, int size = 5, long mostBytes = Plenty)
    {
        await using var upload = await BeginAsync(word, uploader, room, thumbnailOf);
        await upload.WriteAsync(Enumerable.Repeat((byte)++_drawn, size).ToArray(), None);
        Assert.True(await upload.CompleteAsync(Plain(size), mostBytes, None));
    }

    private async Task<MessagePosted> BringingAsync(params string[] words)
    {
        var found = await Files.FindAsync(Lobby, [.. words.Select(Id)], None);
        return new MessagePosted("")
        {
            Files = AttachedFile.Write([.. words.Select(word => new AttachedFile(Id(word), "x.bin", FileRules.InertType, 5, Thumbnail: found.FirstOrDefault(f => f.ThumbnailOf == Id(word))?.Id))]),
        };
    }

    private async Task<byte[]> BytesAsync(StoredFile file)
    {
        await using var stream = (await Files.OpenAsync(file, None))!;
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);
        return all.ToArray();
    }

    private async Task<bool> IsGoneAsync(StoredFile file)
    {
        try
        {
            return await Files.OpenAsync(file, None) is not { } stream || await stream.ReadAsync(new byte[1]) == 0;
        }
        catch (Core.Log.StoreException)
        {
            return true;
        }
    }

    private async Task<int> SweepAllAsync()
    {
        var all = 0;
        for (int swept; (swept = await Files.SweepAsync(Clock.GetUtcNow() - TimeSpan.FromHours(24), None)) > 0;)
            all += swept;
        return all;
    }
}
