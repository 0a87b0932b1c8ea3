using System.Text.RegularExpressions;
using Hubbub.LocalCluster.Services;

namespace Hubbub.LocalCluster.Balancers;

/// <summary>NGINX with <c>deploy/nginx</c>; other nodes mean another configuration and a graceful reload.</summary>
public sealed partial class NginxBalancer : IBalancer
{
    private static readonly string[] TemporaryFiles = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

    private NginxServer _server = null!;
    private IReadOnlyList<Uri> _nodes;
    private readonly string _upstream;
    private readonly string _more;

    private NginxBalancer(IReadOnlyList<Uri> nodes, string upstream, string more)
    {
        _nodes = nodes;
        _upstream = upstream;
        _more = more;
    }

    public Uri Url => _server.Url;

    /// <summary>The access log: a line a request, with the node that answered it.</summary>
    public string AccessLog => Path.Combine(_server.Folder, "access.log");

    /// <param name="nodes">At least one.</param>
    /// <param name="upstream">Which of <c>deploy/nginx/upstream-*.conf</c>: least-conn, round-robin, ip-hash or room.</param>
    /// <param name="more">More lines for the server block.</param>
    public static async Task<NginxBalancer> StartAsync(IReadOnlyList<Uri> nodes, string upstream = "least-conn", string more = "")
    {
        var balancer = new NginxBalancer(nodes, upstream, more);
        balancer._server = await NginxServer.StartAsync(balancer.Configuration);
        return balancer;
    }

    public async Task UseAsync(IReadOnlyList<Uri> nodes)
    {
        _nodes = nodes;
        await _server.ReloadAsync();
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private string Configuration(NginxServer server)
    {
        var listed = Deployed.Read($"nginx.upstream-{_upstream}.conf");
        var first = ServerLine().Match(listed);
        var upstream = ServerLine().Replace(listed, "");
        var nodes = string.Join('\n', _nodes.Select(n => first.Value.TrimEnd().Replace("10.0.0.11:5080", $"{n.Host}:{n.Port}", StringComparison.Ordinal)));

        // The nodes stand where the first of the examples stood.
        upstream = upstream.Insert(first.Index, nodes + "\n");
        var site = Deployed.Read("nginx.hubbub.conf")
            .Replace("listen 80;", $"listen 127.0.0.1:{server.Port};\n{_more}", StringComparison.Ordinal);
        var temporary = string.Join('\n', TemporaryFiles.Select(kind => $"{kind}_temp_path {server.Folder}/{kind};"));
        return $$"""
            pid {{server.Folder}}/nginx.pid;
            user root;
            worker_processes 2;
            worker_rlimit_nofile 16384;
            events { worker_connections 8192; }
            http {
            {{temporary}}
            log_format by_node '$request_method $request_uri $status $upstream_addr';
            access_log {{server.Folder}}/access.log by_node;
            {{upstream}}
            {{site}}
            }
            """;
    }

    [GeneratedRegex(@"^ *server 10\.0\.0\.\d+:5080.*\n", RegexOptions.Multiline)]
    private static partial Regex ServerLine();
}
