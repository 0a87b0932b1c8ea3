using System.Text;

namespace Hubbub.Core.Cluster;

/// <summary>
/// Rendezvous hashing: of several places a thing belongs to the one whose name makes the highest hash with its own. The same wherever it is asked, in whatever order the places are
/// named, and one more place moves only the things that it takes (Thaler and Ravishankar, "Using name-based mappings to increase hit rates", 1998).
/// </summary>
public static class Rendezvous
{
    /// <summary>How much a place wants a thing, from the <see cref="HashOf"/> of both.</summary>
    public static ulong Weight(ulong place, ulong thing) => Mix(place ^ thing);

    /// <summary>FNV-1a, then mixed: the framework's hash of a text is another in every process.</summary>
    public static ulong HashOf(string text)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ b) * 1_099_511_628_211UL;
        return Mix(hash);
    }

    /// <summary>Spreads every bit over all 64 (the finalizer of MurmurHash3).</summary>
    private static ulong Mix(ulong hash)
    {
        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdUL;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return hash ^ (hash >> 33);
    }
}
