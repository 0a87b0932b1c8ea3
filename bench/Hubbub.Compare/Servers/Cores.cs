namespace Hubbub.Compare.Servers;

/// <summary>Which core is whose: the generator's and the server's never meet.</summary>
internal static class Cores
{
    public const int Generator = 0;

    public const int Server = 1;
}
