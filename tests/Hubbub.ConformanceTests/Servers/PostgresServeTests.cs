using System.Net;
using Hubbub.ConformanceTests.Api;
using Hubbub.ConformanceTests.Services;
using Hubbub.LocalCluster.Services;
using Hubbub.TestKit.Clients;
using Hubbub.TestKit.Servers;
using Npgsql;
using Xunit;

namespace Hubbub.ConformanceTests.Servers;

/// <summary>The executable on PostgreSQL.</summary>
[Collection(WithPostgres.Name)]
public class PostgresServeTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Two_nodes_on_one_database_are_one_server_to_a_guest()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        string[] arguments = ["--store", PostgresServer.Url(connection)];
        await using var first = await ServerProcess.StartAsync(arguments);
        await using var second = await ServerProcess.StartAsync(arguments);

        // The token that one has signed is good at the other, and so is the key of a post, and the position behind it.
        using var adaAtFirst = await HttpApi.GuestAsync(first.Url, "Ada");
        using var adaAtSecond = new HttpApi(second.Url, adaAtFirst.Token, adaAtFirst.UserId);
        var posted = await adaAtFirst.SayAsync("room1", "hello", key: "k1");
        var repeated = await adaAtSecond.SayAsync("room1", "hello", key: "k1");
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (posted.Status, repeated.Status));
        Assert.Equal(posted.Body, repeated.Body);

        await adaAtSecond.SayAsync("room1", "from the other side");
        var page = await adaAtFirst.EventsAsync("room1", $"after={posted.Text("id")}");
        Assert.Equal("from the other side", Assert.Single(page.Json.GetProperty("events").EnumerateArray()).GetProperty("message").GetString());

        var password = postgres.Server.Password;
        Assert.All([first, second], node => Assert.DoesNotContain(password, node.Output, StringComparison.Ordinal));
        Assert.DoesNotContain("signing.key", Directory.EnumerateFiles(first.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_signing_key_of_ones_own_is_used_and_one_that_is_missing_stops_the_start()
    {
        var folder = Directory.CreateTempSubdirectory("hubbub-test-key-");
        try
        {
            var file = Path.Combine(folder.FullName, "my.key");
            var (exitCode, output) = await ServerProcess.RunAsync(
                "serve", "--urls", "http://127.0.0.1:0", "--store", "memory", "--signing-key", file);
            Assert.Equal(1, exitCode);
            Assert.Contains($"The signing key {file} cannot be read", output, StringComparison.Ordinal);

            await File.WriteAllTextAsync(file, System.Buffers.Text.Base64Url.EncodeToString(new byte[32]));
            string[] arguments = ["--store", "memory", "--signing-key", file];
            await using var first = await ServerProcess.StartAsync(arguments);
            await using var second = await ServerProcess.StartAsync(arguments);
            using var ada = await HttpApi.GuestAsync(first.Url, "Ada");
            using var adaElsewhere = new HttpApi(second.Url, ada.Token);
            Assert.Equal(ada.UserId, (await adaElsewhere.GetAsync("/api/me").Succeeds()).Json.GetProperty("user").GetProperty("id").GetString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("postgres://ann:swordfish@db", "names no database")]
    [InlineData("postgres//ann:swordfish@db/chat", "There is no store 'postgres'")]
    [InlineData("mysql://ann:swordfish@db/chat", "There is no store 'mysql'")]
    public async Task A_wrong_address_is_refused_in_a_line_without_the_password(string address, string sentence)
    {
        var (exitCode, output) = await ServerProcess.RunAsync("serve", "--urls", "http://127.0.0.1:0", "--store", address);

        Assert.Equal(1, exitCode);
        Assert.StartsWith("hubbub: ", output, StringComparison.Ordinal);
        Assert.Contains(sentence, output, StringComparison.Ordinal);
        Assert.DoesNotContain("swordfish", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_not_there_is_refused_in_a_line()
    {
        var url = PostgresServer.Url(postgres.Server.ConnectionString("nothing_here"));

        var (exitCode, output) = await ServerProcess.RunAsync("serve", "--urls", "http://127.0.0.1:0", "--store", url);

        Assert.Equal(1, exitCode);
        Assert.Contains("no such database", output, StringComparison.Ordinal);
        Assert.DoesNotContain(postgres.Server.Password, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Renewed_epochs_give_every_room_of_the_database_another_life()
    {
        var connection = await postgres.Server.CreateDatabaseAsync();
        var url = PostgresServer.Url(connection);
        await using (var server = await ServerProcess.StartAsync(["--store", url]))
        {
            using var ada = await HttpApi.GuestAsync(server.Url, "Ada");
            await ada.SayAsync("room1", "hello");
        }

        var database = new NpgsqlConnectionStringBuilder(connection).Database!;
        var before = await postgres.Server.ScalarAsync<long>(database, "SELECT epoch FROM hubbub.rooms");
        var (exitCode, output) = await ServerProcess.RunAsync("renew-epochs", "--store", url);

        Assert.Equal((0, "1 rooms have begun a new life."), (exitCode, output.Trim()));
        Assert.NotEqual(before, await postgres.Server.ScalarAsync<long>(database, "SELECT epoch FROM hubbub.rooms"));
    }
}
