using Hubbub.Compare;

return await CompareCommand.Make().Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
