using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class TokenCacheTests : IDisposable
{
    private readonly Application _app = new();

    public void Dispose() => _app.Dispose();

    [Fact]
    public void A_token_seen_again_is_the_same_caller_without_a_second_check()
    {
        var token = _app.Token();

        Assert.Same(_app.Accept(token), _app.Accept(new string(token)));
        Assert.Equal(1, _app.Tokens.Cached);
    }

    [Fact]
    public void Refused_tokens_are_not_kept()
    {
        _app.Refuse("a.b.c");
        _app.Refuse(_app.Token(("aud", "x")));
        _app.Refuse(_app.Token(("exp", 1)));

        Assert.Equal(0, _app.Tokens.Cached);
    }

    [Fact]
    public void Very_long_tokens_are_checked_each_time()
    {
        _app.Accept(_app.Token(("pad", new string('x', 2000))));

        Assert.Equal(0, _app.Tokens.Cached);
    }

    [Fact]
    public void The_cache_is_bounded_and_keeps_what_is_asked_for()
    {
        var cache = new TokenCache(new KeyRing(new HmacKey(new byte[32], "hubbub"), []));
        var caller = new Caller(new User(UserId.Parse("ann"), "Ann"), DateTimeOffset.MaxValue);
        var kept = TokenDigest.Of("kept");
        cache.Add(kept, caller);
        cache.Add(TokenDigest.Of("forgotten"), caller);

        for (var i = 0; i < 3 * TokenCache.MaxEntries; i++)
        {
            cache.Add(TokenDigest.Of($"other {i}"), caller);
            Assert.True(cache.TryGet(kept, out _));
            if (i % 1000 == 0)
                Assert.True(cache.Count <= TokenCache.MaxEntries, $"{cache.Count} entries");
        }

        Assert.False(cache.TryGet(TokenDigest.Of("forgotten"), out _));
    }
}
