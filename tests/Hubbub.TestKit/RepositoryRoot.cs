using System.Runtime.CompilerServices;

namespace Hubbub.TestKit;

/// <summary>Where the sources are that these tests were built from: tests of documents, project files, deployments and scripts read them there.</summary>
public static class RepositoryRoot
{
    public static string Path { get; } = Find();

    private static string Find([CallerFilePath] string thisFile = "")
    {
        for (var folder = new FileInfo(thisFile).Directory; folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Hubbub.slnx")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests run where their sources are not.");
    }
}
