using Hubbub.Core.Rooms;
using Microsoft.AspNetCore.Http.Features;

namespace Hubbub.Server.Api;

/// <summary>The caller of an endpoint that needs one; put there by <see cref="CallerMiddleware"/>.</summary>
internal readonly record struct SignedIn(Caller Caller)
{
    public static ValueTask<SignedIn> BindAsync(HttpContext http) => ValueTask.FromResult(new SignedIn(http.Features.GetRequiredFeature<Caller>()));
}
