import { z } from "zod";
import type { ComponentKind } from "./ComponentKind.ts";
import { yamlSchema } from "./definition.ts";

/** JSON Schema (2020-12) of `moorage.yaml`, with every kind's fields. */
export function jsonSchemaOf(kinds: readonly ComponentKind[]): Record<string, unknown> {
  const convert = (schema: z.ZodType): Record<string, unknown> => {
    const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    return rest;
  };
  const components = kinds.map(({ kind, description, schema }) => {
    const { properties, required, ...rest } = convert(schema()) as {
      properties?: object;
      required?: string[];
    };
    return {
      ...rest,
      description,
      properties: { kind: { const: kind, description }, ...properties },
      required: ["kind", ...(required ?? [])],
    };
  });
  const platform = convert(yamlSchema) as { properties: Record<string, object> };
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "A Moorage platform",
    ...platform,
    properties: {
      ...platform.properties,
      components: { type: "object", additionalProperties: { anyOf: components } },
    },
  };
}
