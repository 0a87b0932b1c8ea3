using System.Text;
using Hubbub.Load.Checks;
using Xunit;

namespace Hubbub.UnitTests.Load;

/// <summary>The checker is checked: each kind of broken promise must be found, and an honest log must pass.</summary>
public class LogAuditTests
{
    private readonly Findings _findings = new();
    private readonly AckLedger _ledger = new(clients: 2, rooms: 1);

    public LogAuditTests()
    {
        _ledger.Acknowledge(room: 0, client: 0, number: 0, sequence: 2, epoch: 0xab);
        _ledger.Acknowledge(room: 0, client: 1, number: 0, sequence: 3, epoch: 0xab);
        _ledger.Acknowledge(room: 0, client: 0, number: 1, sequence: 5, epoch: 0xab);
    }

    [Fact]
    public void An_honest_log_passes_and_its_unacknowledged_messages_are_counted()
    {
        var audit = Audit(Created(1), Posted(2, 0, 0), Posted(3, 1, 0), Posted(4, 1, 1), Posted(5, 0, 1));

        Assert.True(_findings.None);
        Assert.Equal(5, audit.Events);
        Assert.Equal(1, audit.Unacknowledged);
    }

    [Fact]
    public void An_acknowledged_message_that_is_missing_is_a_lost_write()
    {
        Audit(Created(1), Posted(2, 0, 0), Created(3), Created(4), Posted(5, 0, 1));

        Assert.Equal(1, _findings.Count(Anomaly.LostWrite));
        Assert.Contains("message 0 of client 1, acknowledged as 3", _findings.Summary);
    }

    [Fact]
    public void A_message_stored_twice_is_a_duplicate_acknowledged_or_not()
    {
        Audit(Created(1), Posted(2, 0, 0), Posted(3, 1, 0), Posted(4, 1, 0), Posted(5, 0, 1), Posted(6, 1, 7), Posted(7, 1, 7));

        Assert.Equal(2, _findings.Count(Anomaly.Duplicate));
    }

    [Fact]
    public void A_message_elsewhere_than_acknowledged_is_a_contradiction()
    {
        Audit(Created(1), Posted(2, 1, 0), Posted(3, 0, 0), Created(4), Posted(5, 0, 1));

        Assert.Equal(2, _findings.Count(Anomaly.Contradiction));
    }

    [Fact]
    public void A_hole_is_a_skip_of_every_missing_sequence()
    {
        Audit(Created(1), Posted(2, 0, 0), Posted(3, 1, 0), Posted(5, 0, 1), Created(9));

        Assert.Equal(4, _findings.Count(Anomaly.Skip));
    }

    [Fact]
    public void A_log_that_goes_back_is_nonmonotonic_and_one_that_stands_still_a_duplicate()
    {
        Audit(Created(1), Posted(2, 0, 0), Created(1), Posted(2, 0, 7), Posted(3, 1, 0), Created(3), Created(4), Posted(5, 0, 1));

        Assert.Equal(1, _findings.Count(Anomaly.Nonmonotonic));
        Assert.Equal(1, _findings.Count(Anomaly.Duplicate));
    }

    [Fact]
    public void Acknowledgements_of_one_room_in_two_epochs_contradict_each_other()
    {
        _ledger.Acknowledge(room: 0, client: 1, number: 1, sequence: 4, epoch: 0xcd);
        Audit(Created(1), Posted(2, 0, 0), Posted(3, 1, 0), Posted(4, 1, 1), Posted(5, 0, 1));

        Assert.Equal(1, _findings.Count(Anomaly.Contradiction));
    }

    private static string Created(long sequence) =>
        $$"""{"type":"room_renamed","roomId":"r","sequence":{{sequence}},"id":"000000ab:{{sequence}}","name":"x","key":"run-00000-00000000"}""";

    private static string Posted(long sequence, int client, int number) => $$"""
        {"type":"message","roomId":"r","sequence":{{sequence}},"sender":{"id":"g","name":"n"},
        "message":"m","key":"run-{{client:d5}}-{{number:d8}}"}
        """;

    private LogAudit Audit(params string[] events)
    {
        var audit = new LogAudit(_ledger, _findings);
        audit.BeginRoom(0);
        var json = $$"""{"new":{"a":[1]},"events":[{{string.Join(",", events)}}],"position":"000000ab:9","head":9}""";
        var page = LogReader.Take(Encoding.UTF8.GetBytes(json), "run"u8, audit);
        Assert.Equal((events.Length, "000000ab:9", 9L, false), (page.Events, page.Position, page.Head, page.Gap));
        audit.Finish();
        return audit;
    }
}
