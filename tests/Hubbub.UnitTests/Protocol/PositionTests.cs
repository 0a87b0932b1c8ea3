using Hubbub.Protocol;
using Xunit;

namespace Hubbub.UnitTests.Protocol;

public sealed class PositionTests
{
    [Theory]
    [InlineData("0", 0u, 0)]
    [InlineData("9f3a01bc:42", 0x9f3a01bcu, 42)]
    [InlineData("00000000:0", 0u, 0)]
    [InlineData("ffffffff:9223372036854775807", uint.MaxValue, long.MaxValue)]
    public void A_position_is_read(string text, uint epoch, long sequence)
    {
        Assert.True(Position.TryParse(text, out var position));
        Assert.Equal(new Position(new Epoch(epoch), sequence), position);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("00")]
    [InlineData("-0")]
    [InlineData(" 0")]
    [InlineData("42")]
    [InlineData(":42")]
    [InlineData("9f3a01bc")]
    [InlineData("9f3a01bc:")]
    [InlineData("9f3a01bc:-1")]
    [InlineData("9f3a01bc:+1")]
    [InlineData("9f3a01bc: 1")]
    [InlineData("9f3a01bc:1 ")]
    [InlineData("9f3a01bc:01")]
    [InlineData("9f3a01bc:1.0")]
    [InlineData("9f3a01bc:1e3")]
    [InlineData("9f3a01bc:0x1")]
    [InlineData("9f3a01bc:1,000")]
    [InlineData("9f3a01bc:٣")]
    [InlineData("9f3a01bc:9223372036854775808")]
    [InlineData("9f3a01bc:99999999999999999999")]
    [InlineData("9F3A01BC:42")]
    [InlineData("9f3a01b:42")]
    [InlineData("09f3a01bc:42")]
    [InlineData("9f3a01bg:42")]
    [InlineData("+f3a01bc:42")]
    [InlineData("9f3a01bc;42")]
    [InlineData("9f3a01bc:42:1")]
    public void Whatever_else_is_no_position(string? text)
    {
        Assert.False(Position.TryParse(text, out var position));
        Assert.Equal(Position.Start, position);
    }

    [Fact]
    public void A_position_reads_back_as_it_was_written()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var position = new Position(new Epoch((uint)random.NextInt64(1L << 32)), random.NextInt64() >> random.Next(63));
            var text = position.ToString();
            Assert.InRange(text.Length, 10, Position.MaxLength);
            Assert.True(Position.TryParse(text, out var back));
            Assert.Equal(position, back);
        }
    }

    [Fact]
    public void Before_the_first_event_there_is_no_life_to_name()
    {
        Assert.True(new Position(new Epoch(7), 0).IsStart);
        Assert.False(new Position(new Epoch(0), 1).IsStart);
    }
}
