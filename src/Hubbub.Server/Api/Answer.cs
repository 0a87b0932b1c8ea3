using Hubbub.Core.Rooms;
using Hubbub.Protocol;

namespace Hubbub.Server.Api;

/// <summary>Turns outcomes of the core into results.</summary>
internal static class Answer
{
    public static IResult Of<T>(Outcome<T> outcome, Func<T, object> shape, int status = StatusCodes.Status200OK)
        where T : class =>
        outcome.Is(out var value, out var refusal) ? Results.Json(shape(value), statusCode: status) : new RefusedResult(refusal);

    public static IResult Refuse(Refusal refusal) => new RefusedResult(refusal);

    /// <summary>204, or the refusal.</summary>
    public static IResult Done(Refusal? refusal) => refusal is null ? Results.NoContent() : new RefusedResult(refusal);

    public static IResult Ok(object shape, int status = StatusCodes.Status200OK) => Results.Json(shape, statusCode: status);
}
