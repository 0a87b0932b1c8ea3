using System.Globalization;

namespace Hubbub.Compare;

/// <summary>
/// One line for each run that is done, and on a terminal below them what is being done now. Drawn when something changes, since every
/// drawing takes time from the generator's core.
/// </summary>
internal sealed class Progress(int total)
{
    private readonly bool _live = !Console.IsOutputRedirected;
    private readonly DateTime _began = DateTime.UtcNow;
    private int _done;

    public void Show(string name, string stage)
    {
        if (_live)
            Console.Write($"\r\u001b[K{Count(_done + 1)} {name}: {stage} …");
    }

    public void Done(string name, string gist)
    {
        _done++;
        Console.WriteLine($"{(_live ? "\r\u001b[K" : "")}{Count(_done)} {name,-24} {gist}{Rest()}");
    }

    public void Finish()
    {
        if (_live)
            Console.Write("\r\u001b[K");
    }

    private string Count(int number) => string.Create(CultureInfo.InvariantCulture, $"[{number}/{total}]");

    private string Rest()
    {
        var rest = (DateTime.UtcNow - _began) / _done * (total - _done);
        return rest < TimeSpan.FromMinutes(1) ? "" : string.Create(CultureInfo.InvariantCulture, $" ({rest.TotalMinutes:0} min left)");
    }
}
