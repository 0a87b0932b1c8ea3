using System.Diagnostics.CodeAnalysis;
using Hubbub.Protocol;

namespace Hubbub.Core.Rooms;

/// <summary>A value, or the refusal that stands in its place.</summary>
[SuppressMessage("Usage", "CA2225", Justification = "The conversions are the constructors: return value; return refusal;")]
public readonly record struct Outcome<T>
    where T : class
{
    private readonly T? _value;
    private readonly Refusal? _refusal;

    private Outcome(T? value, Refusal? refusal)
    {
        _value = value;
        _refusal = refusal;
    }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Refusal refusal) => new(null, refusal);

    /// <summary>For interfaces, which conversions cannot take.</summary>
    [SuppressMessage("Design", "CA1000", Justification = "A conversion by another name.")]
    public static Outcome<T> Of(T value) => new(value, null);

    /// <summary>True and the value, or false and the refusal.</summary>
    public bool Is([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Refusal? refusal)
    {
        value = _value;
        refusal = _refusal;
        return value is not null;
    }
}
