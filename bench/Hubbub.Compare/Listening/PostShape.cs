using System.Text;
using Hubbub.Compare.Dialects;

namespace Hubbub.Compare.Listening;

/// <summary>The bytes of one room's posts, built once; each post overwrites the text in place.</summary>
internal sealed class PostShape
{
    private readonly byte[] _bytes;
    private readonly int _textAt;

    public PostShape(string shape)
    {
        _textAt = shape.IndexOf(IDialect.TextMark, StringComparison.Ordinal);
        _bytes = Encoding.ASCII.GetBytes(shape.Replace(IDialect.TextMark, new string(' ', PostText.Length), StringComparison.Ordinal));
    }

    public ReadOnlySpan<byte> Bytes => _bytes;

    public Span<byte> Text => _bytes.AsSpan(_textAt, PostText.Length);
}
