using System.Text;
using Hubbub.Compare.Listening;
using Hubbub.Load.Wire;
using Xunit;

namespace Hubbub.UnitTests.Load;

public class PostTextTests
{
    [Fact]
    public void A_text_is_found_among_what_servers_put_around_it_however_many_there_are()
    {
        var first = Written(room: 7, number: 41, sentAt: 123);
        var second = Written(room: 7, number: 42, sentAt: 456);
        ReadOnlySpan<byte> frame = Encoding.ASCII.GetBytes(
            $$$"""{"type":1,"arguments":["{{{first}}}"]}""" + "\u001e" + $$$"""{"type":1,"arguments":["{{{second}}}"]}""" + "\u001e");

        Assert.True(PostText.TryTake(ref frame, out var text));
        Assert.True(PostText.TryRead(text, 7, out var number, out var sentAt));
        Assert.Equal((41, 123L), (number, sentAt));
        Assert.True(PostText.TryTake(ref frame, out text));
        Assert.True(PostText.TryRead(text, 7, out number, out sentAt));
        Assert.Equal((42, 456L), (number, sentAt));
        Assert.False(PostText.TryTake(ref frame, out _));
    }

    [Fact]
    public void A_text_that_was_cut_is_a_fault()
    {
        var text = Written(0, 0, 0);
        Assert.Throws<WireFault>(() => Take(text[..^1]));
        Assert.Throws<WireFault>(() => Take(text[1..]));

        static void Take(string cut)
        {
            ReadOnlySpan<byte> received = Encoding.ASCII.GetBytes(cut);
            PostText.TryTake(ref received, out _);
        }
    }

    [Fact]
    public void A_text_of_another_room_or_with_another_byte_is_not_as_it_was_written()
    {
        var text = Encoding.ASCII.GetBytes(Written(3, 9, 99));
        Assert.True(PostText.TryRead(text, 3, out _, out _));
        Assert.False(PostText.TryRead(text, 4, out _, out _));
        text[^1] ^= 1;
        Assert.False(PostText.TryRead(text, 3, out _, out _));
    }

    internal static string Written(int room, int number, long sentAt)
    {
        var text = new byte[PostText.Length];
        PostText.Write(text, room, number, sentAt);
        return Encoding.ASCII.GetString(text);
    }
}
