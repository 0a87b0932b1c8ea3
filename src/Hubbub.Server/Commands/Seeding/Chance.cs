using System.Numerics;

namespace Hubbub.Server.Commands.Seeding;

/// <summary>SplitMix64 (Steele, Lea and Flood, 2014): small, good enough for talk, and, unlike the library's, the same for ever.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed;

    public ulong Next()
    {
        var z = _state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>A number from 0 below <paramref name="bound"/>, which is at least 1.</summary>
    public int Below(int bound) => (int)(((UInt128)Next() * (uint)bound) >> 64);

    /// <summary>
    /// As words are in a language and posts among people: of each doubling of ranks as many as of the one before, so the first few come often and all come at some time.
    /// </summary>
    public int Zipf(int bound)
    {
        var doublings = BitOperations.Log2((uint)bound) + 1;
        var low = (1 << Below(doublings)) - 1;
        return Math.Min(low + Below(low + 1), bound - 1);
    }
}
