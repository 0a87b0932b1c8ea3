using Hubbub.Core.Files;
using Hubbub.Core.Log;
using Hubbub.Core.Rooms;
using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Hubbub.Server.Transports.Http;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Hubbub.Server.Api;

/// <summary>An endpoint that asks nobody who they are; only a foreign page is turned away.</summary>
internal sealed class OpenToAll
{
    public static readonly OpenToAll Instance = new();
}

/// <summary>An endpoint whose streams may be opened with a one-use ticket.</summary>
internal sealed class TakesTickets
{
    public static readonly TakesTickets Instance = new();
}

/// <summary>
/// The edge of the HTTP API: finds out who calls, refuses strangers where a caller is needed and foreign origins everywhere, and turns operating errors and bugs into
/// problem details. Behind it, endpoints deal with callers and refusals only.
/// </summary>
internal sealed partial class CallerMiddleware(Authenticator authenticator, ILogger<CallerMiddleware> logger) : IMiddleware
{
    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        // What is personal is never kept by a cache between us and the client.
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            if (await FindCallerAsync(context) is { } refusal)
                await Problem.WriteAsync(context, refusal);
            else
                await next(context);
            if (!context.Response.HasStarted && RouterRefusal(context.Response.StatusCode) is { } bare)
                await Problem.WriteAsync(context, bare);
        }
        catch (Exception e) when (e is ConnectionResetException || (e is OperationCanceledException && context.RequestAborted.IsCancellationRequested))
        {
            // Nobody is there to be answered. A reset in the midst of a body is told before the request counts as aborted, and Kestrel would go on to drain that body.
            context.Abort();
        }
        catch (StoreException e)
        {
            LogStoreFailed(e, context.Request.Path);
            await TryRefuseAsync(context, e is NoSpaceException ? Refusals.NoSpace : Refusals.StoreUnavailable);
        }
        catch (BadHttpRequestException e)
        {
            await TryRefuseAsync(context, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Refusals.TooLarge("The body is too large.")
                : Refusals.BadRequest("The request could not be read.") with { Status = e.StatusCode });
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            LogBug(e, context.Request.Path);
            await TryRefuseAsync(context, Refusals.Internal);
        }
    }

    private async ValueTask<Refusal?> FindCallerAsync(HttpContext http)
    {
        var endpoint = http.GetEndpoint();
        if (endpoint is null)
            return new Refusal("not_found", "There is no such address.", StatusCodes.Status404NotFound);

        // The router's own answer (not this method, not this media type) is the same for everybody.
        if (endpoint is not RouteEndpoint)
            return authenticator.CheckOrigin(http.Request);

        // A cookie that has gone bad must not keep anybody from becoming a guest or from signing out.
        if (endpoint.Metadata.GetMetadata<OpenToAll>() is not null)
            return authenticator.CheckOrigin(http.Request);
        var isStream = endpoint.Metadata.GetMetadata<TakesTickets>() is not null && EventsQuery.FormOf(http.Request) != AnswerForm.Json;
        var entrance = isStream ? Entrance.EventStream : Entrance.Request;
        switch (await authenticator.AuthenticateAsync(http, entrance))
        {
            case AuthResult.Known known:
                http.Features.Set(known.Caller);
                return null;
            case AuthResult.Refused refused:
                return refused.Refusal;
            default:
                return Refusals.Unauthenticated;
        }
    }

    /// <summary>What the router says by a bare status.</summary>
    private static Refusal? RouterRefusal(int status) => status switch
    {
        StatusCodes.Status405MethodNotAllowed => Refusals.BadRequest("This address does not know that method; see Allow.") with { Status = status },
        StatusCodes.Status415UnsupportedMediaType => Refusals.BadRequest("Send application/json.") with { Status = status },
        _ => null,
    };

    private static async Task TryRefuseAsync(HttpContext http, Refusal refusal)
    {
        if (http.Response.HasStarted)
            http.Abort();
        else
            await Problem.WriteAsync(http, refusal);
    }

    [LoggerMessage(LogLevel.Warning, "The store failed at {Path}")]
    private partial void LogStoreFailed(Exception e, string path);

    [LoggerMessage(LogLevel.Error, "A request to {Path} met a bug")]
    private partial void LogBug(Exception e, string path);
}
