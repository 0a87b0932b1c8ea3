using Hubbub.Core.Broker;
using Hubbub.Core.Log;
using Hubbub.Protocol;
using Hubbub.Server.Api;

namespace Hubbub.Server.Operations;

/// <summary>For balancers and supervisors: is the process alive, and is it of use.</summary>
internal static class Health
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly RoomId AnyRoom = RoomId.Parse("health");

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/health/live", () => Answer.Ok(new HealthAnswer("alive"))).Produces<HealthAnswer>();
        app.MapGet("/health/ready", ReadyAsync).Produces<HealthAnswer>().Produces<HealthAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<IResult> ReadyAsync(HttpContext http, IRoomLog log, HubbubOptions options, Appender appender, IBroker broker, ThisNode self, IHostApplicationLifetime lifetime)
    {
        if (self.IsDraining)
            return Unready("draining");
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            return Unready("stopping");
        if (appender.QueueLength >= options.AppendQueue)
            return Unready("overloaded");
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        deadline.CancelAfter(Patience);
        try
        {
            await log.HeadsAsync([AnyRoom], deadline.Token).AsTask().WaitAsync(deadline.Token);

            // A node without its broker is of use: what it does not hear of it finds with the sweep.
            return Answer.Ok(new HealthAnswer("ready", WordOf(broker.Status.State)));
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            return Unready("store unavailable");
        }
    }

    private static string WordOf(BrokerState state) => state switch
    {
        BrokerState.Up => "up",
        BrokerState.Suspect => "suspect",
        _ => "down",
    };

    private static IResult Unready(string why) => Answer.Ok(new HealthAnswer(why), StatusCodes.Status503ServiceUnavailable);
}
