using System.Buffers.Text;
using System.Runtime.Versioning;
using Hubbub.Server.Auth;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Hubbub.UnitTests.Auth;

public sealed class SigningKeyTests : IDisposable
{
    private const UnixFileMode Mode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempFolder _folder = new();
    private readonly RecordedLog<SigningKey> _log = new();

    private string KeyFile => _folder.File(SigningKey.FileName);

    public void Dispose() => _folder.Dispose();

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void The_first_start_makes_a_key_that_only_its_owner_may_read()
    {
        SigningKey.LoadOrMake(_folder.Path, _log);

        Assert.Equal(Mode600, File.GetUnixFileMode(KeyFile));
        Assert.Equal(32, Base64Url.DecodeFromChars(File.ReadAllText(KeyFile).TrimEnd()).Length);
        Assert.Equal([SigningKey.FileName], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
        Assert.Equal(LogLevel.Information, Assert.Single(_log.Lines).Level);
    }

    [Fact]
    public void The_folder_is_made_when_it_is_not_there() =>
        Assert.Equal(32, SigningKey.LoadOrMake(_folder.File("a/b"), _log).Secret.Length);

    [Fact]
    public void The_next_start_reads_the_same_key_and_says_nothing()
    {
        var made = SigningKey.LoadOrMake(_folder.Path, _log);
        _log.Lines.Clear();

        Assert.Equal(made.Secret, SigningKey.LoadOrMake(_folder.Path, _log).Secret);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Servers_that_start_at_once_in_one_folder_agree_on_one_key()
    {
        for (var round = 0; round < 20; round++)
        {
            var folder = _folder.File($"round{round}");
            using var start = new Barrier(4);
            var starts = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    return Convert.ToHexString(SigningKey.LoadOrMake(folder, new RecordedLog<SigningKey>()).Secret);
                },
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));

            Assert.Single((await Task.WhenAll(starts)).Distinct());
            Assert.Single(Directory.GetFiles(folder));
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public void A_key_that_others_may_read_is_warned_about()
    {
        SigningKey.LoadOrMake(_folder.Path, _log);
        _log.Lines.Clear();
        File.SetUnixFileMode(KeyFile, Mode600 | UnixFileMode.GroupRead);

        SigningKey.LoadOrMake(_folder.Path, _log);

        var (level, text) = Assert.Single(_log.Lines);
        Assert.Equal(LogLevel.Warning, level);
        Assert.Contains("600", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "too short")]
    [InlineData("AAAA", "too short")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "too short")] // 31 bytes
    [InlineData("this is not base64url at all, whatever its length may be", "malformed")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "malformed")]
    [InlineData("-----BEGIN PRIVATE KEY-----", "malformed")]
    public void A_broken_key_stops_the_start_with_a_sentence_that_says_what_to_do(string content, string flaw)
    {
        File.WriteAllText(KeyFile, content);

        var error = Assert.Throws<AuthSetupException>(() => SigningKey.LoadOrMake(_folder.Path, _log));

        Assert.Contains(flaw, error.Message, StringComparison.Ordinal);
        Assert.Contains("Restore it from a backup", error.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(KeyFile));
        if (content.Length > 0)
            Assert.DoesNotContain(content, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_too_large_to_be_a_key_is_malformed()
    {
        File.WriteAllText(KeyFile, new string('A', 4096));

        Assert.Contains("malformed", Assert.Throws<AuthSetupException>(() => SigningKey.LoadOrMake(_folder.Path, _log)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_cannot_be_read_stops_the_start_with_a_sentence()
    {
        // A folder in its place fails for every user, root included, whom a file's mode does not stop.
        Directory.CreateDirectory(KeyFile);

        var error = Assert.Throws<AuthSetupException>(() => SigningKey.LoadOrMake(_folder.Path, _log));

        Assert.Contains(KeyFile, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_data_folder_that_is_a_file_stops_the_start_with_a_sentence() =>
        Assert.Throws<AuthSetupException>(() => SigningKey.LoadOrMake(_folder.Write("file", ""), _log));

    [Fact]
    public void Keys_in_memory_are_new_each_time() =>
        Assert.NotEqual(SigningKey.InMemory().Secret.ToArray(), SigningKey.InMemory().Secret.ToArray());

    [Fact]
    public void Each_purpose_has_a_key_of_its_own()
    {
        var key = SigningKey.InMemory();

        Assert.Equal(key.Derive("ticket"), key.Derive("ticket"));
        Assert.NotEqual(key.Derive("ticket"), key.Derive("other"));
        Assert.NotEqual(key.Derive("ticket"), key.Secret.ToArray());
    }
}
