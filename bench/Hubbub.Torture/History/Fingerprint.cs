namespace Hubbub.Torture.History;

/// <summary>A short stand-in for what an event says: FNV-1a, 64 bits. Finds corruption, not malice.</summary>
public static class Fingerprint
{
    private const ulong Offset = 14695981039346656037;
    private const ulong Prime = 1099511628211;

    public static ulong Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var hash = Offset;
        foreach (var c in text)
            hash = (hash ^ c) * Prime;
        return hash;
    }
}
