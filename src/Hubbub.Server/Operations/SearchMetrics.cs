using System.Diagnostics.Metrics;
using Hubbub.Core.Search;

namespace Hubbub.Server.Operations;

/// <summary>How far the search index is behind the log, as a metric of the meter <c>Hubbub</c>; read only when somebody collects it.</summary>
internal sealed class SearchMetrics
{
    public SearchMetrics(Indexer indexer, IMeterFactory meters) => meters.Create(BrokerMetrics.MeterName).CreateObservableGauge(
        "hubbub.search.behind", () => indexer.Behind, "{event}", "Events in the log that the search index has not taken in, as far as this node knows.");
}
