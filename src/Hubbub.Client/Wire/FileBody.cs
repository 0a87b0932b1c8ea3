using System.Net;

namespace Hubbub.Client.Wire;

/// <summary>A file on its way out, sent as it is read. A stream that can seek may be sent again, from where it stood; another may not.</summary>
internal sealed class FileBody(Stream stream, IProgress<long>? progress)
{
    private readonly long _start = stream.CanSeek ? stream.Position : 0;
    private bool _isRead;

    public HttpContent ToContent()
    {
        if (stream.CanSeek)
            stream.Position = _start;
        else if (_isRead)
            throw new HubbubException("unauthenticated", "The token had to be renewed, and this stream cannot be read again; try with another one.", (int)HttpStatusCode.Unauthorized);
        _isRead = true;
        return new Content(stream, progress);
    }

    private sealed class Content(Stream stream, IProgress<long>? progress) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream target, TransportContext? context) => SerializeToStreamAsync(target, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream target, TransportContext? context, CancellationToken cancellationToken)
        {
            var buffer = new byte[64 * 1024];
            long sent = 0;
            for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
            {
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                progress?.Report(sent += read);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = stream.CanSeek ? stream.Length - stream.Position : 0;
            return stream.CanSeek;
        }
    }
}
