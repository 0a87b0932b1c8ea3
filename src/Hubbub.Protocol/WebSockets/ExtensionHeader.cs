namespace Hubbub.Protocol.WebSockets;

/// <summary>Reads the value of a <c>Sec-WebSocket-Extensions</c> header by the grammar of RFC 6455 § 9.1, piece by piece; white space may stand between any two pieces.</summary>
internal ref struct ExtensionHeader(ReadOnlySpan<char> value)
{
    private ReadOnlySpan<char> _left = value;

    /// <summary>Passes the commas before the next extension, of which there may be too many (RFC 9110 § 5.6.1). False if none follows.</summary>
    public bool GoToNext()
    {
        while (TrySkip(','))
        {
        }

        return !_left.IsEmpty;
    }

    /// <summary>True at a comma and at the end, between which nothing but extensions may stand.</summary>
    public bool IsBetween()
    {
        SkipSpace();
        return _left.IsEmpty || _left[0] == ',';
    }

    public bool TrySkip(char sign)
    {
        SkipSpace();
        if (_left.IsEmpty || _left[0] != sign)
            return false;
        _left = _left[1..];
        return true;
    }

    public bool TryToken(out ReadOnlySpan<char> token)
    {
        SkipSpace();
        var length = 0;
        while (length < _left.Length && IsTokenCharacter(_left[length]))
            length++;
        token = _left[..length];
        _left = _left[length..];
        return length > 0;
    }

    /// <summary>A token, or one in quotes, in which a backslash may stand before any letter.</summary>
    public bool TryValue(out ReadOnlySpan<char> token)
    {
        if (!TrySkip('"'))
            return TryToken(out token);
        token = default;
        var unquoted = new char[_left.Length];
        var length = 0;
        for (var i = 0; i < _left.Length; i++)
        {
            if (_left[i] == '"')
            {
                _left = _left[(i + 1)..];
                token = unquoted.AsSpan(0, length);
                return length > 0;
            }

            if (_left[i] == '\\' && ++i == _left.Length)
                return false;
            if (!IsTokenCharacter(_left[i]))
                return false;
            unquoted[length++] = _left[i];
        }

        return false;
    }

    private static bool IsTokenCharacter(char c) => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c);

    private void SkipSpace() => _left = _left.TrimStart(" \t");
}
