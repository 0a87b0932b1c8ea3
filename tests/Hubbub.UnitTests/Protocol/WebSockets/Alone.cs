using Xunit;

namespace Hubbub.UnitTests.Protocol.WebSockets;

/// <summary>Tests that look at the memory of the whole process, and so run when no others do.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
