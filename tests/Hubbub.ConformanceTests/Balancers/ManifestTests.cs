using Hubbub.TestKit;
using k8s;
using k8s.Models;
using Xunit;
using YamlDotNet.Serialization;

namespace Hubbub.ConformanceTests.Balancers;

/// <summary>What <c>deploy/</c> tells Kubernetes and Compose, held to their own types: a field that they do not know is a mistake.</summary>
public class ManifestTests
{
    private static readonly Dictionary<string, Type> Types = new()
    {
        ["apps/v1/Deployment"] = typeof(V1Deployment),
        ["v1/Service"] = typeof(V1Service),
        ["policy/v1/PodDisruptionBudget"] = typeof(V1PodDisruptionBudget),
        ["autoscaling/v2/HorizontalPodAutoscaler"] = typeof(V2HorizontalPodAutoscaler),
    };

    [Fact]
    public async Task Kubernetes_knows_every_field_and_the_pieces_fit()
    {
        var objects = KubernetesYaml.LoadAllFromString(await File.ReadAllTextAsync(Deployed("kubernetes/hubbub.yaml")), Types, strict: true);

        var deployment = Assert.Single(objects.OfType<V1Deployment>());
        var pod = deployment.Spec.Template;
        var node = Assert.Single(pod.Spec.Containers);
        Assert.Equal("/health/ready", node.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/health/live", node.LivenessProbe.HttpGet.Path);
        Assert.NotNull(node.Lifecycle.PreStop.Sleep);

        // Window, deadline, and time for the commits.
        Assert.True(pod.Spec.TerminationGracePeriodSeconds >= 10 + 10 + node.Lifecycle.PreStop.Sleep.Seconds + 10);
        Assert.Equal(pod.Metadata.Labels, deployment.Spec.Selector.MatchLabels);
        Assert.Equal(pod.Metadata.Labels, Assert.Single(objects.OfType<V1Service>()).Spec.Selector);
        Assert.Equal(pod.Metadata.Labels, Assert.Single(objects.OfType<V1PodDisruptionBudget>()).Spec.Selector.MatchLabels);
        var scaler = Assert.Single(objects.OfType<V2HorizontalPodAutoscaler>());
        Assert.Equal(deployment.Metadata.Name, scaler.Spec.ScaleTargetRef.Name);
        Assert.Equal("hubbub_connections", Assert.Single(scaler.Spec.Metrics).Pods.Metric.Name);
    }

    [Fact]
    public void A_field_that_kubernetes_does_not_know_is_found() =>
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Service\nspec:\n  selectors: {}\n", Types, strict: true));

    [Fact]
    public async Task Compose_has_a_balancer_three_nodes_a_store_and_a_broker()
    {
        var compose = new DeserializerBuilder().Build().Deserialize<Dictionary<string, object>>(await File.ReadAllTextAsync(Deployed("compose.yaml")));
        var services = (Dictionary<object, object>)compose["services"];

        Assert.Equal(["balancer", "hubbub", "postgres", "redis"], services.Keys.Cast<string>().Order(StringComparer.Ordinal));
        var node = (Dictionary<object, object>)services["hubbub"];
        Assert.Equal("3", ((Dictionary<object, object>)node["deploy"])["replicas"]);
        Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(Deployed("compose.yaml"))!, "..", (string)((Dictionary<object, object>)node["build"])["dockerfile"])));
        Assert.All(((IEnumerable<object>)((Dictionary<object, object>)services["balancer"])["volumes"]).Cast<string>(), volume =>
            Assert.True(File.Exists(Path.Combine(Path.GetDirectoryName(Deployed("compose.yaml"))!, volume.Split(':')[0]))));
    }

    private static string Deployed(string file) => Path.Combine(RepositoryRoot.Path, "deploy", file);
}
