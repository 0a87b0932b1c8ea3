using System.Text;
using Hubbub.Load.Wire;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class WireFieldsTests
{
    [Fact]
    public void An_event_frame_gives_its_fields_and_skips_what_is_not_known()
    {
        var fields = WireFields.ReadFrame("""
            {"new":{"id":"no","payload":{}},"type":"message","payload":{"roomId":"r","sequence":7,"id":"9f3a01bc:7",
            "sender":{"id":"g-1","name":"n","sequence":9},"list":[1,{"key":"no"}],"message":"Hello","key":"k"}}
            """u8);

        Assert.True(fields.Is("message"u8));
        Assert.Equal(7, fields.Sequence);
        Assert.Equal("9f3a01bc:7", Encoding.UTF8.GetString(fields.Id));
        Assert.Equal("Hello", Encoding.UTF8.GetString(fields.Message));
        Assert.Equal("k", Encoding.UTF8.GetString(fields.Key));
        Assert.True(fields.FrameId.IsEmpty);
    }

    [Fact]
    public void An_error_frame_gives_its_code_and_the_id_it_answers()
    {
        var fields = WireFields.ReadFrame(
            """{"type":"error","id":"00000042","payload":{"code":"overloaded","message":"Try again.","retryable":true}}"""u8);

        Assert.True(fields.Is("error"u8));
        Assert.True(Stamp.TryReadDigits(fields.FrameId, out var number));
        Assert.Equal(42, number);
        Assert.Equal("overloaded", Encoding.UTF8.GetString(fields.Code));
        Assert.True(fields.Retryable);
    }

    [Fact]
    public void A_flat_answer_gives_the_same_fields()
    {
        var fields = WireFields.ReadFlat("""{"room":"r","sequence":12,"epoch":"9f3a01bc","id":"9f3a01bc:12","sentAt":"x"}"""u8);

        Assert.Equal(12, fields.Sequence);
        Assert.True(WireFields.TryReadEpoch(fields.Epoch, out var epoch));
        Assert.Equal(0x9f3a01bcu, epoch);
    }

    [Theory]
    [InlineData("{\"type\":")]
    [InlineData("[1]")]
    [InlineData("hello")]
    [InlineData("")]
    public void What_is_no_json_object_is_refused(string text) =>
        Assert.Throws<WireFault>(() => { WireFields.ReadFrame(Encoding.UTF8.GetBytes(text)); });

    [Theory]
    [InlineData("9f3a01bc:42", true)]
    [InlineData("9f3a01bc:0", true)]
    [InlineData("0", false)]
    [InlineData("9f3a01bc:-1", false)]
    [InlineData("9f3a01bc:4x", false)]
    [InlineData("9f3a01b:42", false)]
    [InlineData("zzzzzzzz:42", false)]
    [InlineData("9f3a01bc:", false)]
    public void A_position_is_an_epoch_and_a_sequence(string text, bool valid) =>
        Assert.Equal(valid, WireFields.TryReadPosition(Encoding.ASCII.GetBytes(text), out _, out _));
}
