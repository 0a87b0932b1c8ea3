namespace Hubbub.PageBench;

/// <summary>What is measured.</summary>
/// <param name="Program">The server's program, <c>hubbub</c>.</param>
/// <param name="Messages">Messages of the room.</param>
/// <param name="Members">Its members.</param>
/// <param name="Opens">How often the room is opened.</param>
/// <param name="Scrolled">How long is scrolled.</param>
internal sealed record PageOptions(string Program, int Messages, int Members, int Opens, TimeSpan Scrolled);
