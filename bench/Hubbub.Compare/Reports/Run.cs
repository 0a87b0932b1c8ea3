namespace Hubbub.Compare.Reports;

/// <summary>One server, one scenario, one round: figures, or the reason why there are none.</summary>
internal sealed record Run(string Server, char Scenario, int Round, SortedDictionary<string, double>? Figures, string? Failure);
