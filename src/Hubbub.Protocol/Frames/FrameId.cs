using System.Text.Json;

namespace Hubbub.Protocol.Frames;

/// <summary>A client's own id on a frame: a string of at most 64 characters or an integer, echoed as it came. The default is "none".</summary>
public readonly record struct FrameId
{
    public const int MaxLength = 64;

    private readonly string? _text;
    private readonly long _number;
    private readonly bool _isNumber;

    public FrameId(string text) => _text = text;

    public FrameId(long number)
    {
        _number = number;
        _isNumber = true;
    }

    public bool IsNone => _text is null && !_isNumber;

    internal void Write(Utf8JsonWriter json)
    {
        if (_text is not null)
            json.WriteString(Names.FrameId, _text);
        else if (_isNumber)
            json.WriteNumber(Names.FrameId, _number);
    }
}
