using System.Security.Cryptography;
using System.Text;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Commands.Seeding;
using Xunit;

namespace Hubbub.UnitTests.Search;

/// <summary>What `hubbub seed` writes: always the same, and a log that every rule allows.</summary>
public sealed class SeedStoryTests
{
    private static readonly DateTimeOffset Until = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_same_seed_tells_the_same_story_on_every_machine_and_in_every_version()
    {
        var told = Told(7);

        Assert.Equal("F57D3B75FD9C9ED8", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(told)))[..16]);
        Assert.NotEqual(told, Told(8));

        // Word by word, so that an event may have other fields one day.
        static string Told(ulong seed) => string.Join('\n', new SeedStory(seed, 3, 20, 500, Until).Tell().Select(d => $"{d.Room} {d.Sender.Id} {d.Sender.Name} {d.SentAt:O} {d.Epoch} {What(d.Content)}"));

        static string What(EventContent content) => content switch
        {
            RoomCreated created => $"creates {created.Name} {created.Visibility}",
            MemberJoined joined => $"lets in {joined.User.Id} {joined.User.Name} {joined.Role}",
            MessagePosted posted => $"says {posted.Text}",
            MessageEdited edited => $"says instead of {edited.Message} {edited.Text}",
            MessageDeleted deleted => $"takes back {deleted.Message}",
            _ => throw new InvalidOperationException($"No story has a {content.Type}."),
        };
    }

    [Fact]
    public async Task A_story_is_a_log_that_the_store_takes_as_it_is()
    {
        var story = new SeedStory(7, 2, 50, 1000, Until);
        var store = new InMemoryStore(TimeProvider.System);

        foreach (var batch in story.Tell().Chunk(100))
            Assert.All(await store.AppendAsync(batch, default), outcome => Assert.True(outcome.IsAppended));

        var messages = 0;
        for (var r = 0; r < 2; r++)
        {
            var events = new List<RoomEvent>();
            while ((await store.ReadAsync(story.RoomAt(r), events.Count, 1000, default))!.Events is { Count: > 0 } page)
                events.AddRange(page);
            messages += events.Count(e => e.Content is MessagePosted);
            Assert.Equal(50, (await store.MembersAsync(story.RoomAt(r), null, 1000, default)).Count);
            Assert.Equal(events.Select(e => e.SentAt).Order(), events.Select(e => e.SentAt));
            Assert.All(events, e =>
            {
                Assert.True(e.SentAt <= Until);
                var target = e.Content switch { MessageEdited edited => edited.Message, MessageDeleted deleted => deleted.Message, _ => 0 };
                if (target > 0)
                    Assert.Equal((e.Sender, true), (events[(int)target - 1].Sender, events[(int)target - 1].Content is MessagePosted));
                if (e.Content is MessagePosted { IsDeleted: false } posted)
                    Assert.Null(Texts.CheckMessage(posted.Text));
            });
            Assert.Contains(events, e => e.Content is MessageEdited);
        }

        Assert.Equal(1000, messages);
    }
}
