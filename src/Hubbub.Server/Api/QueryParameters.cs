using Microsoft.OpenApi;

namespace Hubbub.Server.Api;

/// <summary>Says in the OpenAPI document what an endpoint reads from the query by itself.</summary>
internal static class QueryParameters
{
    public static TBuilder TakesQuery<TBuilder>(this TBuilder builder, params (string Name, string Meaning)[] parameters)
        where TBuilder : IEndpointConventionBuilder =>
        builder.AddOpenApiOperationTransformer((operation, _, _) =>
        {
            operation.Parameters ??= [];
            foreach (var (name, meaning) in parameters)
            {
                operation.Parameters.Add(new OpenApiParameter
                {
                    Name = name,
                    In = ParameterLocation.Query,
                    Description = meaning,
                    Schema = new OpenApiSchema { Type = JsonSchemaType.String },
                });
            }

            return Task.CompletedTask;
        });
}
