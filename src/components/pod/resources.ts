import { quantityValue, type Problem } from "../../contract/index.ts";
import { z } from "zod";
import type { PlacedComponent } from "../../platform/ComponentKind.ts";
import { quantity } from "../fields.ts";
import { finding } from "../finding.ts";

export const resourcesField = () =>
  z
    .strictObject({
      cpu: quantity().optional().meta({ description: "Request; no limit unless `limits.cpu`." }),
      memory: quantity()
        .optional()
        .meta({ description: "Request, and limit unless `limits.memory` says otherwise." }),
      requests: z
        .record(z.string(), quantity())
        .optional()
        .meta({ description: 'Others: { "nvidia.com/gpu": 1 }.' }),
      limits: z.record(z.string(), quantity()).optional(),
    })
    .optional()
    .meta({ description: "CPU and memory." });

export type ResourcesSpec = z.output<ReturnType<typeof resourcesField>>;

/**
 * Memory is limited to what is requested, so that one program can't take a node down; CPU is not limited, because throttling hurts and
 * helps nobody. Extended resources need request and limit alike.
 */
export function renderResources(spec: ResourcesSpec): object | undefined {
  if (spec === undefined) return undefined;
  const { cpu, memory, requests = {}, limits = {} } = spec;
  const extended = Object.fromEntries(Object.entries(requests).filter(([name]) => name.includes("/")));
  return {
    requests: texts({ cpu, memory, ...requests }),
    limits: texts({ memory, ...extended, ...limits }),
  };
}

function texts(values: Record<string, string | number | undefined>): Record<string, string> | undefined {
  const known = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] as const],
  );
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

export function checkResources(component: PlacedComponent, field: string, spec: ResourcesSpec): Problem[] {
  if (spec === undefined) return [];
  const requests: Record<string, string | number | undefined> = {
    cpu: spec.cpu,
    memory: spec.memory,
    ...spec.requests,
  };
  return Object.entries(spec.limits ?? {}).flatMap(([name, limit]) => {
    const request = requests[name];
    if (request === undefined || quantityValue(request) <= quantityValue(limit)) return [];
    return [
      finding(component, `${field}.limits.${name}`, `the limit ${limit} is below the request ${request}`),
    ];
  });
}
