using Hubbub.Core.Log;
using Hubbub.Stores.Postgres;
using Npgsql;
using Xunit;

namespace Hubbub.ConformanceTests.Stores.Postgres;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgres://ann:s3cret@db.example.org:6000/chat", "db.example.org", 6000, "chat", "ann", "s3cret")]
    [InlineData("postgresql://ann@db/chat", "db", 5432, "chat", "ann", null)]
    [InlineData("POSTGRES://db/chat", "db", 5432, "chat", null, null)]
    [InlineData("postgres://a%40b:p%3Aw%2F%3F%23@127.0.0.1/my%20chat", "127.0.0.1", 5432, "my chat", "a@b", "p:w/?#")]
    public void An_address_is_read(string url, string host, int port, string database, string? user, string? password)
    {
        var read = new NpgsqlConnectionStringBuilder(PostgresUrl.Read(url));

        Assert.Equal((host, port, database, user, password), (read.Host, read.Port, read.Database, read.Username, read.Password));
    }

    [Theory]
    [InlineData("VerifyFull")]
    [InlineData("verify-full")]
    public void The_query_holds_keywords_and_libpqs_words_for_encryption(string mode)
    {
        var read = new NpgsqlConnectionStringBuilder(PostgresUrl.Read($"postgres://db/chat?sslmode={mode}&Root%20Certificate=/etc/ca.pem"));

        Assert.Equal((SslMode.VerifyFull, "/etc/ca.pem"), (read.SslMode, read.RootCertificate));
    }

    [Theory]
    [InlineData("postgres://ann:tr0utfish@db", "names no database")]
    [InlineData("postgres://ann:tr0utfish@db/", "names no database")]
    [InlineData("postgres://ann:tr0utfish@db/a/b", "names no database")]
    [InlineData("postgres://ann:tr0ut/fish@db/chat", "is malformed")]
    [InlineData("postgres://ann:tr0utfish@db:port/chat", "is malformed")]
    [InlineData("postgres://ann:tr0utfish@db/chat?colour=blue", "has a keyword 'colour'")]
    [InlineData("postgres://ann:tr0utfish@db/chat?sslmode=perhaps", "has a keyword 'sslmode'")]
    [InlineData("mysql://ann:tr0utfish@db/chat", "is malformed")]
    public void What_is_no_address_is_refused_without_telling_the_password(string url, string flaw)
    {
        var refusal = Assert.Throws<StoreException>(() => PostgresUrl.Read(url));

        Assert.Contains(flaw, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("tr0ut", refusal.ToString(), StringComparison.Ordinal);
    }
}
