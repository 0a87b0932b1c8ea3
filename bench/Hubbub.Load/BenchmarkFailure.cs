namespace Hubbub.Load;

/// <summary>The run cannot be done or cannot go on. The message is a sentence for the user and is all they get to see.</summary>
internal sealed class BenchmarkFailure(string sentence) : Exception(sentence);
