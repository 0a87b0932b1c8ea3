using Hubbub.Protocol;
using Hubbub.Server.Files;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Net.Http.Headers;

namespace Hubbub.Server.Api;

/// <summary>What people upload: taken as it comes, and handed out as bytes that no browser runs.</summary>
internal static class FileEndpoints
{
    /// <summary>Who sends slower for longer than ten seconds is cut off; else a few clients could hold as many uploads open for days.</summary>
    private static readonly MinDataRate Slowest = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(10));

    public static void MapUploads(this IEndpointRouteBuilder api)
    {
        api.MapPost("/rooms/{room}/files", UploadAsync).Accepts<byte[]>("*/*").Produces<FileShape>(StatusCodes.Status201Created).TakesQuery(
            ("name", "What the file is called."), ("thumbnail-of", "The id of the picture of which this is a smaller one."));
        api.MapDelete("/rooms/{room}/files/{file}", DropAsync).Produces(StatusCodes.Status204NoContent);
    }

    public static void MapFiles(this IEndpointRouteBuilder app) =>
        app.MapGet("/files/{room}/{file}/{name}", ServeAsync).Produces(StatusCodes.Status200OK, contentType: FileRules.InertType);

    private static async Task<IResult> UploadAsync(HttpContext http, string room, SignedIn who, Uploads uploads)
    {
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (http.Request.HasFormContentType)
        {
            return Answer.Refuse(Refusals.BadRequest("Send the file itself as the body, not a form; its name stands in ?name=.") with
            {
                Status = StatusCodes.Status415UnsupportedMediaType,
            });
        }

        // The limit is ours to judge while the bytes come, with a sentence of our own.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = Slowest;
        var taken = await uploads.TakeAsync(
            who.Caller, id, http.Request.Query["name"], http.Request.Query["thumbnail-of"] is [{ Length: > 0 } picture, ..] ? picture : null, http.Request.ContentLength, http.Request.Body,
            http.RequestAborted);
        return Answer.Of(taken, FileShape.Of, StatusCodes.Status201Created);
    }

    private static async Task<IResult> DropAsync(HttpContext http, string room, string file, SignedIn who, Uploads uploads) =>
        RoomId.TryParse(room, out var id)
            ? Answer.Done(await uploads.DropAsync(who.Caller, id, file, http.RequestAborted))
            : Answer.Refuse(Refusals.BadRoom);

    /// <summary>The name in the address is for people and tools; the file's own is in the answer.</summary>
    private static async Task<IResult> ServeAsync(HttpContext http, string room, string file, SignedIn who, Uploads uploads)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        headers["Cross-Origin-Resource-Policy"] = "same-site";
        if (!RoomId.TryParse(room, out var id))
            return Answer.Refuse(Refusals.BadRoom);
        if (!(await uploads.FindAsync(who.Caller, id, file, http.RequestAborted)).Is(out var found, out var refusal))
            return Answer.Refuse(refusal);
        if (await uploads.OpenAsync(found, http.RequestAborted) is not { } bytes)
            return Answer.Refuse(Refusals.FileNotFound);

        // What a file is never changes under its id; who may have it does, so only the reader's own cache may keep it.
        headers.CacheControl = "private, max-age=31536000, immutable";
        headers.Vary = HeaderNames.Authorization;
        var disposition = new ContentDispositionHeaderValue(found.What.Type == FileRules.InertType ? "attachment" : "inline");
        disposition.SetHttpFileName(found.What.Name);
        headers.ContentDisposition = disposition.ToString();
        return Results.Stream(bytes, found.What.Type, entityTag: new EntityTagHeaderValue($"\"{found.Id}\""), enableRangeProcessing: true);
    }
}
