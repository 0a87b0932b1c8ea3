using System.Security.Cryptography;
using Hubbub.Protocol;

namespace Hubbub.Server;

/// <summary>Draws the life of a new log: 32 random bits, so that two lives of one room are told apart with certainty enough.</summary>
internal static class Epochs
{
    public static Epoch Draw()
    {
        Span<byte> bytes = stackalloc byte[4];
        RandomNumberGenerator.Fill(bytes);
        return new Epoch(BitConverter.ToUInt32(bytes));
    }
}
