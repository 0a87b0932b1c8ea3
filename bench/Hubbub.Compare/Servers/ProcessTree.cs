using System.Globalization;

namespace Hubbub.Compare.Servers;

/// <summary>A server's process and all that descend from it.</summary>
internal sealed class ProcessTree(int root)
{
    public double CpuSeconds() => Members().Sum(id => ProcFile.CpuSeconds(File.ReadAllText($"/proc/{id}/stat")));

    public long MemoryBytes() => Members().Sum(id => ProcFile.ShareOfMemory(File.ReadLines($"/proc/{id}/smaps_rollup")));

    /// <summary>
    /// What is in memory, pages that others share counted whole: for growth. Unlike <see cref="MemoryBytes"/> the kernel knows it without walking all pages, for which the server would have to wait.
    /// </summary>
    public long ResidentBytes() => Members().Sum(id => long.Parse(File.ReadAllText($"/proc/{id}/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize);

    private List<int> Members()
    {
        var members = new List<int> { root };
        for (var i = 0; i < members.Count; i++)
        {
            foreach (var thread in Directory.EnumerateDirectories($"/proc/{members[i]}/task"))
                members.AddRange(File.ReadAllText(Path.Combine(thread, "children"))
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture)));
        }
        return members;
    }
}
