namespace Hubbub.TestKit;

/// <summary>
/// Text for tests that must fill the kernel's buffers: a run of one letter would come through compression (<see cref="Variant.Deflate"/>) as a handful of bytes, and no reader would ever be slow.
/// </summary>
public static class Noise
{
    private const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <summary>The same text each time, of letters with one byte each; compressed it is three quarters as long, as 64 letters are 6 bits in 8.</summary>
    public static string OfLength(int letters) => new Random(letters).GetString(Letters, letters);
}
