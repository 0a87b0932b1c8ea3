namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>Ways to spoil bytes.</summary>
internal static class Spoiled
{
    public static byte[] From(Random random, byte[] good)
    {
        var bytes = good.ToList();
        for (var times = random.Next(1, 4); times > 0 && bytes.Count > 0; times--)
            Once(random, bytes, good);
        return [.. bytes];
    }

    private static void Once(Random random, List<byte> bytes, byte[] good)
    {
        var at = random.Next(bytes.Count);

        // Heads matter most, and most streams begin with one.
        if (random.Next(3) == 0)
            at = random.Next(Math.Min(bytes.Count, 16));
        var count = Math.Min(bytes.Count - at, random.Next(1, 200));
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, count);
                break;
            case 3:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 4:
                bytes.InsertRange(at, bytes.GetRange(at, count));
                break;
            case 5:
                var from = random.Next(good.Length);
                bytes.InsertRange(at, good[from..Math.Min(good.Length, from + count)]);
                break;
            case 6:
                // A length in another form, and of another size.
                byte[][] lengths =
                [
                    [0x81, 0xFE, 0xFF, 0xFF], [0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0],
                    [0x01, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0xFE, 0, 1], [0xC1, 0xFE, 0x21, 0x00],
                ];
                bytes.InsertRange(at, lengths[random.Next(lengths.Length)]);
                break;
            default:
                var noise = new byte[count];
                random.NextBytes(noise);
                bytes.InsertRange(at, noise);
                break;
        }
    }
}
