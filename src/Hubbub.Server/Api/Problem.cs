using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Hubbub.Protocol;
using Microsoft.AspNetCore.WebUtilities;

namespace Hubbub.Server.Api;

/// <summary>A refusal as problem details (RFC 9457) with the wire's code beside the standard fields.</summary>
internal static class Problem
{
    public const string MediaType = "application/problem+json";

    public static async Task WriteAsync(HttpContext http, Refusal refusal)
    {
        http.Response.StatusCode = refusal.Status;
        http.Response.ContentType = MediaType;
        if (refusal.Retryable)
            http.Response.Headers.RetryAfter = Seconds(refusal.RetryAfter).ToString(CultureInfo.InvariantCulture);

        // The connection leads to a node that others are asked for instead.
        if (refusal.Code == Refusals.Draining.Code)
            http.Response.Headers.Connection = "close";
        if (refusal.Status == StatusCodes.Status401Unauthorized)
            http.Response.Headers.WWWAuthenticate = "Bearer";
        await http.Response.Body.WriteAsync(Encode(refusal), http.RequestAborted);
    }

    /// <summary>Whole ones, and none too early.</summary>
    private static int Seconds(TimeSpan? wait) => wait is { } known ? Math.Max(1, (int)Math.Ceiling(known.TotalSeconds)) : 1;

    private static byte[] Encode(Refusal refusal) => JsonSerializer.SerializeToUtf8Bytes(
        new ProblemAnswer("about:blank", ReasonPhrases.GetReasonPhrase(refusal.Status), refusal.Status, refusal.Message, refusal.Code, refusal.Retryable)
        {
            Until = refusal.Until is { } until ? Times.Write(until) : null,
        },
        JsonSerializerOptions.Web);
}

/// <summary>The shape of every error answer.</summary>
public sealed record ProblemAnswer(string Type, string Title, int Status, string Detail, string Code, bool Retryable)
{
    /// <summary>Until when it stands, where it has an end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Until { get; init; }
}

/// <summary>A refusal as an endpoint's result.</summary>
internal sealed class RefusedResult(Refusal refusal) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext) => Problem.WriteAsync(httpContext, refusal);
}
