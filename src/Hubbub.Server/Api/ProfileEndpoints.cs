using Hubbub.Protocol;
using Hubbub.Server.Auth;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace Hubbub.Server.Api;

/// <summary>Who people are to others: profiles, pictures, and whom one has blocked.</summary>
internal static class ProfileEndpoints
{
    /// <summary>Where pictures are; each by its content, so it never changes.</summary>
    public const string Avatars = "/files/avatars";

    /// <summary>More are asked for in several requests: a request line has at most 16 KiB, and an id 128 characters.</summary>
    private const int MaxProfiles = 100;

    /// <summary>Of a picture that is too large so much is read; one that says it has more is answered before.</summary>
    private const long MostPictureBytesRead = 4 * 1024 * 1024;

    public static void MapProfiles(this IEndpointRouteBuilder api)
    {
        api.MapGet("/users", FindManyAsync).Produces<ProfilesAnswer>().TakesQuery(("id", $"A user id; given 1 to {MaxProfiles} times."));
        api.MapGet("/users/{user}", FindAsync).Produces<ProfileShape>();
        api.MapPatch("/me", ChangeAsync).Accepts<ProfileRequest>("application/json").Produces<ProfileShape>();
        api.MapPut("/me/avatar", SetAvatarAsync).Accepts<byte[]>("*/*").Produces<ProfileShape>();
        api.MapDelete("/me/avatar", DropAvatarAsync).Produces(StatusCodes.Status204NoContent);
        api.MapGet("/me/blocks", ListBlocksAsync).Produces<BlocksAnswer>();
        api.MapPut("/me/blocks/{user}", BlockAsync).Produces(StatusCodes.Status204NoContent);
        api.MapDelete("/me/blocks/{user}", UnblockAsync).Produces(StatusCodes.Status204NoContent);
    }

    /// <summary>Pictures, for whoever knows the hash: a browser sends no token for an image.</summary>
    public static void MapAvatars(this IEndpointRouteBuilder app) =>
        app.MapGet(Avatars + "/{hash}", ServeAvatarAsync).WithMetadata(OpenToAll.Instance).Produces(StatusCodes.Status200OK, contentType: "image/png");

    private static async Task<IResult> FindAsync(HttpContext http, string user, SignedIn _, Profiles profiles)
    {
        user = MemberEndpoints.LastSegment(http) ?? user;
        return UserId.TryParse(user, out var id)
            ? Answer.Of(await profiles.FindAsync(id, http.RequestAborted), ProfileShape.Of)
            : Answer.Refuse(Refusals.UserNotFound);
    }

    private static async Task<IResult> FindManyAsync(HttpContext http, SignedIn _, Profiles profiles)
    {
        var asked = http.Request.Query["id"];
        if (asked.Count is 0 or > MaxProfiles)
            return Answer.Refuse(Refusals.BadRequest($"'id' is given 1 to {MaxProfiles} times."));
        var ids = new List<UserId>(asked.Count);
        foreach (var text in asked)
        {
            if (!UserId.TryParse(text, out var id))
                return Answer.Refuse(Refusals.BadRequest("'id' is a user id."));
            ids.Add(id);
        }

        return Answer.Ok(new ProfilesAnswer([.. (await profiles.FindManyAsync(ids, http.RequestAborted)).Select(ProfileShape.Of)]));
    }

    private static async Task<IResult> ChangeAsync(HttpContext http, SignedIn who, Profiles profiles)
    {
        var body = await Body.ReadAsync<ProfileRequest>(http);
        return body.Is(out var asked, out var refusal)
            ? Answer.Of(await profiles.ChangeAsync(who.Caller, asked.Name, asked.Color, http.RequestAborted), ProfileShape.Of)
            : Answer.Refuse(refusal);
    }

    private static async Task<IResult> SetAvatarAsync(HttpContext http, SignedIn who, Profiles profiles)
    {
        // The one request that may bring more than 64 KiB.
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostPictureBytesRead;
        if (http.Request.ContentLength > MostPictureBytesRead)
            return Answer.Refuse(TooManyBytes);
        using var picture = new MemoryStream();
        var buffer = new byte[16 * 1024];
        for (int read; (read = await http.Request.Body.ReadAsync(buffer, http.RequestAborted)) > 0;)
        {
            // Read to its end all the same, and thrown away: who is still sending when the connection ends sees a broken one, not why.
            if (picture.Length <= ImageHeader.MaxBytes)
                picture.Write(buffer, 0, read);
        }

        if (picture.Length > ImageHeader.MaxBytes)
            return Answer.Refuse(TooManyBytes);
        return Answer.Of(await profiles.SetAvatarAsync(who.Caller, picture.ToArray(), http.RequestAborted), ProfileShape.Of);
    }

    private static async Task<IResult> DropAvatarAsync(HttpContext http, SignedIn who, Profiles profiles)
    {
        await profiles.DropAvatarAsync(who.Caller, http.RequestAborted);
        return Answer.Done(null);
    }

    private static async Task ServeAvatarAsync(HttpContext http, string hash, Profiles profiles)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "sandbox; default-src 'none'";
        headers["Cross-Origin-Resource-Policy"] = "cross-origin";
        if (await profiles.AvatarAsync(hash, http.RequestAborted) is not { } avatar)
        {
            headers.CacheControl = "no-store";
            await Problem.WriteAsync(http, Refusals.AvatarNotFound);
            return;
        }

        headers.CacheControl = "public, max-age=31536000, immutable";
        headers.ETag = $"\"{avatar.Hash}\"";
        http.Response.ContentType = avatar.MediaType;
        if (http.Request.GetTypedHeaders().IfNoneMatch is { Count: > 0 } known && known.Any(tag => tag.Compare(new EntityTagHeaderValue($"\"{avatar.Hash}\""), useStrongComparison: false)))
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentLength = avatar.Bytes.Length;
        await http.Response.Body.WriteAsync(avatar.Bytes, http.RequestAborted);
    }

    private static async Task<IResult> ListBlocksAsync(HttpContext http, SignedIn who, Profiles profiles) =>
        Answer.Ok(new BlocksAnswer([.. (await profiles.BlocksAsync(who.Caller, http.RequestAborted)).Select(b => new BlockShape(b.User.Value, Times.Write(b.Since)))]));

    private static async Task<IResult> BlockAsync(HttpContext http, string user, SignedIn who, Profiles profiles) =>
        UserId.TryParse(MemberEndpoints.LastSegment(http) ?? user, out var id)
            ? Answer.Done(await profiles.BlockAsync(who.Caller, id, http.RequestAborted))
            : Answer.Refuse(Refusals.BadRequest("That is not a user id."));

    private static async Task<IResult> UnblockAsync(HttpContext http, string user, SignedIn who, Profiles profiles)
    {
        if (!UserId.TryParse(MemberEndpoints.LastSegment(http) ?? user, out var id))
            return Answer.Refuse(Refusals.BadRequest("That is not a user id."));
        await profiles.UnblockAsync(who.Caller, id, http.RequestAborted);
        return Answer.Done(null);
    }

    private static Refusal TooManyBytes => Refusals.TooLarge($"A picture has at most {ImageHeader.MaxBytes} bytes.");
}
