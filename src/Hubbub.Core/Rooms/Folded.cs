namespace Hubbub.Core.Rooms;

/// <summary>Texts as they are compared where upper and lower case are the same: by the upper-case letters of no language in particular, which are more alike than the lower (σ and ς).</summary>
public static class Folded
{
    public static string Of(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.ToUpperInvariant();
    }

    public static bool Contains(string text, string part) => Of(text).Contains(Of(part), StringComparison.Ordinal);
}
