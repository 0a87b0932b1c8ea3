using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.FileProviders;
using Microsoft.Net.Http.Headers;

namespace Hubbub.Server;

/// <summary>The chat page: the built files of <c>web/</c>, which stand beside the executable.</summary>
public static class HubbubPage
{
    /// <summary>Scripts, styles and connections only from here; nobody may frame us; no address leaks to links.</summary>
    private const string ContentSecurityPolicy =
        "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

    /// <summary>The ending of a compressed form.</summary>
    private const string Compressed = ".br";

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "wwwroot");

    /// <summary>Serves the page at <c>/</c>, its rooms at <c>/r/…</c> and invitations at <c>/i/…</c>. Does nothing where the page was not built.</summary>
    public static WebApplication MapHubbubPage(this WebApplication app)
    {
        if (!File.Exists(Path.Combine(Folder, "index.html")))
        {
            app.MapGet("/", () => Results.Text("Hubbub is running. The chat page was not built: ./hubbub builds it; the API is at /openapi/v1.json.\n"));
            return app;
        }

        var files = new PhysicalFileProvider(Folder);
        app.Use((http, next) =>
        {
            // The build leaves a compressed form beside each script and style sheet.
            if (http.Request.Path.StartsWithSegments("/assets") && TakesBrotli(http.Request) && files.GetFileInfo(http.Request.Path + Compressed).Exists)
                http.Request.Path += Compressed;
            return next(http);
        });
        app.UseStaticFiles(new StaticFileOptions
        {
            FileProvider = files,
            ContentTypeProvider = new UncompressedTypes(),
            OnPrepareResponse = context =>
            {
                SetHeaders(context.Context);
                if (context.File.Name.EndsWith(Compressed, StringComparison.Ordinal))
                    context.Context.Response.Headers.ContentEncoding = "br";
            },
        });
        app.MapGet("/", ServeIndexAsync).ExcludeFromDescription();
        app.MapGet("/r/{**room}", ServeIndexAsync).ExcludeFromDescription();
        app.MapGet("/i/{**token}", ServeIndexAsync).ExcludeFromDescription();
        return app;

        async Task ServeIndexAsync(HttpContext http)
        {
            SetHeaders(http);
            http.Response.ContentType = "text/html; charset=utf-8";
            await http.Response.SendFileAsync(files.GetFileInfo("index.html"), http.RequestAborted);
        }
    }

    private static bool TakesBrotli(HttpRequest request) =>
        StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding, out var taken) && taken.Any(t => t.Value == "br" && t.Quality is not 0);

    private static void SetHeaders(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.Vary = HeaderNames.AcceptEncoding;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // Vite names its files by their content, so those may be kept for ever; the page itself must be asked for each time.
        headers.CacheControl = http.Request.Path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";
    }

    /// <summary>The type of a compressed file is that of what it holds.</summary>
    private sealed class UncompressedTypes : IContentTypeProvider
    {
        private readonly FileExtensionContentTypeProvider _types = new();

        public bool TryGetContentType(string subpath, [MaybeNullWhen(false)] out string contentType) =>
            _types.TryGetContentType(subpath.EndsWith(Compressed, StringComparison.Ordinal) ? subpath[..^Compressed.Length] : subpath, out contentType);
    }
}
