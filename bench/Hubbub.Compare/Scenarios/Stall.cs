namespace Hubbub.Compare.Scenarios;

/// <summary>The server lives, and yet nothing was delivered for as long as anybody would wait.</summary>
internal sealed class Stall(string sentence) : Exception(sentence);
