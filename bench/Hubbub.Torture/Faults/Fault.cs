namespace Hubbub.Torture.Faults;

/// <summary>Something that goes wrong, for a while.</summary>
/// <param name="Name">As the options and the verdict name it.</param>
/// <param name="Hold">How long it lasts; zero for one that ends by itself.</param>
/// <param name="Begin">Makes it so.</param>
/// <param name="End">Heals it.</param>
/// <param name="TakesNode">Whether a node's clients have to go on elsewhere meanwhile.</param>
internal sealed record Fault(string Name, TimeSpan Hold, Func<Task> Begin, Func<Task> End, bool TakesNode = false);
