using Hubbub.Brokers;
using Hubbub.Brokers.Postgres;
using Hubbub.Brokers.RabbitMq;
using Hubbub.Brokers.Redis;
using Hubbub.Core.Broker;
using Hubbub.Server;
using Hubbub.Server.Operations;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Hubbub.UnitTests.Brokers;

/// <summary>What an operator may write, and what the node says about the rest: never with the password in it.</summary>
public sealed class BrokerUrlTests
{
    private static readonly Dictionary<string, int> Schemes = new() { ["redis"] = 6379, ["amqp"] = 5672, ["postgres"] = 5432 };

    [Fact]
    public void Every_part_is_read()
    {
        var url = BrokerUrl.Parse("amqp://an%40n:p%3Aw%2F@one.example:7000,[::1],10.0.0.3:1/v%2Fhost?cluster=blue_2", Schemes);
        Assert.Equal(("amqp", "an@n", "p:w/", "v/host", "blue_2"), (url.Scheme, url.User, url.Password, url.Path, url.Cluster));
        Assert.Equal([("one.example", 7000), ("::1", 5672), ("10.0.0.3", 1)], url.Servers);
        Assert.Equal("amqp://one.example:7000,[::1]:5672,10.0.0.3:1", url.ToString());
    }

    [Theory]
    [InlineData("redis://h")]
    [InlineData("redis://h/")]
    [InlineData("redis://h?")]
    public void What_is_left_out_is_as_usual(string text)
    {
        var url = BrokerUrl.Parse(text, Schemes);
        Assert.Equal((null, null, null, "hubbub"), (url.User, url.Password, url.Path, url.Cluster));
        Assert.Equal([("h", 6379)], url.Servers);
    }

    [Fact]
    public void A_password_alone_needs_no_user()
    {
        var url = BrokerUrl.Parse("redis://:s3cret@h:1", Schemes);
        Assert.Equal((null, "s3cret"), (url.User, url.Password));
        Assert.Equal("the *** is wrong", url.WithoutSecrets("the s3cret is wrong"));
    }

    [Theory]
    [InlineData("kafka://h:1")]
    [InlineData("redis:/s3cret@h")]
    [InlineData("redis://:s3cret@")]
    [InlineData("redis://:s3cret@h:0")]
    [InlineData("redis://:s3cret@h:65536")]
    [InlineData("redis://:s3cret@h:1,")]
    [InlineData("redis://:s3cret@h: 1")]
    [InlineData("redis://:s3cret@h h")]
    [InlineData("redis://:s3cret/more@h")]
    [InlineData("redis://:s3cret@h?cluster=")]
    [InlineData("redis://:s3cret@h?cluster=Upper")]
    [InlineData("redis://:s3cret@h?cluster=a*")]
    [InlineData("redis://:s3cret@h?ssl=true")]
    [InlineData("redis://:s3cret@h?sslmode=require")]
    [InlineData("redis://user:s3cret@h")]
    [InlineData("redis://:s3cret@h/3")]
    [InlineData("amqp://u:s3cret@h,g")]
    [InlineData("postgres://u:s3cret@h,g/db")]
    [InlineData("postgres://u:s3cret@h/db?sslmode=maybe")]
    [InlineData("postgres://u:s3cret@h/db?no_such_keyword=1")]
    [InlineData("postgres://u:12?s3cret@h/db")]
    [InlineData("nonsense s3cret")]
    [InlineData("")]
    public void A_url_that_cannot_be_is_refused_without_showing_the_password(string text)
    {
        var refused = Assert.Throws<BrokerUrlException>(() => Open(text, "sqlite"));
        Assert.DoesNotContain("s3cret", refused.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("redis://:pw@h:1,g:2?cluster=c")]
    [InlineData("amqp://u:pw@h/vhost")]
    [InlineData("postgres://u:pw@h/db?sslmode=verify-full")]
    [InlineData("postgresql://h")]
    [InlineData("Postgres://u:pw@h/db")]
    [InlineData("postgres://u:pw@h/db?Max%20Auto%20Prepare=5&cluster=blue")]
    public void A_broker_is_picked_by_its_scheme_and_nothing_is_connected(string text) =>
        Assert.Equal(BrokerState.Down, Open(text, "sqlite").Status.State);

    [Theory]
    [InlineData("auto")]
    [InlineData("memory")]
    public void A_node_with_a_store_of_its_own_has_nobody_to_talk_to(string broker) => Assert.IsType<InMemoryBroker>(Open(broker, "sqlite"));

    [Fact]
    public void A_node_with_a_shared_store_uses_the_stores_database() =>
        Assert.IsType<NetworkBroker>(Open("auto", "postgres://u:pw@h/db"));

    [Fact]
    public void A_node_that_may_be_one_of_several_is_refused_the_broker_in_its_own_process()
    {
        var refused = Assert.Throws<BrokerUrlException>(() => Open("memory", "postgres://u:s3cret@h/db"));
        Assert.Contains("reaches none but this one", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_scheme_is_of_two_kinds() =>
        Assert.Equal(4, RedisBroker.Schemes.Keys.Concat(RabbitMqBroker.Schemes.Keys).Concat(PostgresBroker.Schemes.Keys).Distinct().Count());

    private static IBroker Open(string broker, string store) =>
        OpenBroker.For(new HubbubOptions { Broker = broker, Store = store }, TimeProvider.System, NullLogger<IBroker>.Instance);
}
