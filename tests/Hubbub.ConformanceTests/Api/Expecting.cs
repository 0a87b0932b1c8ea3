using System.Net;
using Hubbub.TestKit.Clients;
using Xunit;

namespace Hubbub.ConformanceTests.Api;

internal static class Expecting
{
    /// <summary>The answer is this refusal, as problem details.</summary>
    public static async Task Refused(this Task<Answer> asking, HttpStatusCode status, string code)
    {
        var answer = await asking;
        Assert.True((status, code) == (answer.Status, answer.Code), $"Expected {(int)status} {code} but got {answer}");
        Assert.Equal("application/problem+json", answer.Headers["content-type"]);
        Assert.Equal((int)status, answer.Number("status"));
    }

    /// <summary>The answer is a success, and is returned.</summary>
    public static async Task<Answer> Succeeds(this Task<Answer> asking, HttpStatusCode status = HttpStatusCode.OK)
    {
        var answer = await asking;
        answer.Expect(status);
        return answer;
    }
}
