using System.Globalization;

namespace Hubbub.Compare.Reports;

/// <summary>What several runs said about one figure.</summary>
internal readonly record struct Spread(double Median, double Min, double Max)
{
    /// <summary>Null if there is nothing to spread.</summary>
    public static Spread? Of(IReadOnlyCollection<double> values)
    {
        if (values.Count == 0)
            return null;
        var sorted = values.Order().ToArray();
        var half = sorted.Length / 2;
        return new Spread(sorted.Length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2, sorted[0], sorted[^1]);
    }

    /// <summary>The median, and the range behind it unless it looks the same.</summary>
    public string Text(string format)
    {
        var (median, min, max) = (Number(Median, format), Number(Min, format), Number(Max, format));
        return min == max ? median : $"{median} ({min}–{max})";
    }

    /// <summary>Thousands are set apart by a narrow space.</summary>
    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture).Replace(',', '\u202f');
}
