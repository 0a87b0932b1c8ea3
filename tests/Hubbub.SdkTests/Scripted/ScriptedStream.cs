using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Hubbub.SdkTests.Scripted;

/// <summary>The server's end of a stream of server-sent events.</summary>
internal sealed class ScriptedStream(ScriptedServer server, HttpContext http, IReadOnlyList<Asked> rooms, string token) : ScriptedFrames(server, token)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _writing = new(1, 1);

    public override Task Ended => _ended.Task;

    public override Task WelcomeAsync() => Task.CompletedTask;

    public override Task<IReadOnlyList<Asked>> AskedAsync(params string[] expected)
    {
        Assert.Equal(expected.Order(), rooms.Select(a => a.Room).Order());
        return Task.FromResult(rooms);
    }

    public override async Task AnswerAsync(IReadOnlyList<Asked> asked, Func<Asked, Verdict> answer)
    {
        foreach (var one in asked)
        {
            await (answer(one) switch
            {
                Verdict.Begin begin => SendAsync("joined", Joined(one.Room, begin)),
                Verdict.Refuse no => SendAsync("error", new { roomId = one.Room, code = no.Code, message = "No.", retryable = no.Retryable }),
                _ => throw new ArgumentException("Neither yes nor no.", nameof(answer)),
            });
        }
    }

    public override async Task SendAsync(string type, object payload, long? answers = null)
    {
        await _writing.WaitAsync();
        try
        {
            await http.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {JsonSerializer.Serialize(new { type, payload })}\n\n"));
            await http.Response.Body.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    public override async Task CloseAsync(int code, int? retryAfter = null)
    {
        await SendAsync("closing", Closing(code, retryAfter));
        _over.TrySetResult();
    }

    public override Task CutAsync()
    {
        http.Abort();
        return Task.CompletedTask;
    }

    public override Task<ScriptedConnection> AgainAsync() => Server.NextAsync();

    /// <summary>The request's life.</summary>
    internal async Task RunAsync(Action begun)
    {
        http.RequestAborted.Register(() => _ended.TrySetResult());
        http.Response.ContentType = "text/event-stream";
        await http.Response.StartAsync();
        await http.Response.Body.FlushAsync();
        begun();
        await Task.WhenAny(_over.Task, _ended.Task);
    }
}
