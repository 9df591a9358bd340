import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent, RenderContext, SecretDeclaration } from "../platform/ComponentKind.ts";
import { imageRef } from "../platform/fields.ts";
import { everyKind, text } from "./fields.ts";
import { finished } from "./finished.ts";
import { nameProblems } from "./finding.ts";
import { placementField } from "./pod/placement.ts";
import { checkResources, resourcesField } from "./pod/resources.ts";
import { portsOf } from "./pod/ports.ts";
import { renderPod } from "./pod/renderPod.ts";
import { addressOf, serviceObject } from "./service.ts";
import { checkSecurity, securityFields } from "./pod/security.ts";
import { statefulSet, statefulSetNameLimit } from "./statefulSet.ts";
import { checkStorage, renderStorage, storageFields } from "./storage.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    ...storageFields(),
    ...securityFields(),
    password: z.boolean().default(false).meta({ description: "Make a password, and demand it." }),
    version: z.string().default("8.2").meta({ description: "Of Redis." }),
    image: imageRef().optional(),
    args: z
      .array(text())
      .default([])
      .meta({ description: "More of redis-server's options: --maxmemory, 100mb." }),
    resources: resourcesField(),
    placement: placementField(),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

const ports = portsOf({ redis: 6379 });
const dataFolder = "/data";

export const redisKind = defineKind({
  kind: "redis",
  description: "A Redis server: broker, cache. Without storage nothing survives its restart.",
  schema,
  outputs: ["url", "host", "port", "PASSWORD"],
  resolve: (output, component, context) => {
    const { name } = context.metadata(component);
    if (output === "PASSWORD") return { type: "secret", secret: name, key: "PASSWORD" };
    if (output === "url" && component.spec.password) return { type: "secret", secret: name, key: "url" };
    return addressOf(component, ports, output, "redis");
  },
  secrets: (component, context) => secretsOf(component, context),
  check: (component, context) => [
    ...nameProblems(component, "StatefulSet", statefulSetNameLimit),
    ...checkStorage(component, context),
    ...checkSecurity({ ...component, spec: withUser(component.spec) }, context),
    ...checkResources(component, "resources", component.spec.resources),
  ],
  render: (component, context) => {
    const { spec } = component;
    const { objects, volume, persistent } = renderStorage(component, context);
    const { name } = context.metadata(component);
    const options = [
      "--port",
      "6379",
      "--dir",
      dataFolder,
      "--appendonly",
      persistent ? "yes" : "no",
      // Without storage nothing survives: snapshots in the pod's own folder would, until the pod goes.
      ...(persistent ? [] : ["--save", ""]),
      ...spec.args,
    ];
    const pod = renderPod(
      {
        ...component,
        spec: {
          image: spec.image ?? `docker.io/library/redis:${spec.version}`,
          ...withUser(spec),
          command: spec.password ? ["sh", "-c", startWithPassword, "redis"] : ["redis-server"],
          args: options,
          resources: spec.resources,
          placement: spec.placement,
        },
      },
      context,
      {
        ports,
        probes: { readiness: { tcp: "redis" } },
        dev: { builtin: "redis" },
        own: {
          env: spec.password
            ? [{ name: "REDIS_PASSWORD", valueFrom: { secretKeyRef: { name, key: "PASSWORD" } } }]
            : [],
          volumes: [volume],
          volumeMounts: [{ name: "data", mountPath: dataFolder }],
        },
      },
    );
    return finished(
      [...objects, serviceObject(component, context, ports), statefulSet(component, context, pod)],
      context,
    );
  },
});

// By standard input, because arguments can be read by everybody on the machine.
const startWithPassword = 'exec redis-server - "$@" <<END\nrequirepass "$REDIS_PASSWORD"\nEND';

/** The official image's user. */
const withUser = (spec: Spec): Pick<Spec, "runAs" | "readOnlyRoot" | "capabilities"> => ({
  runAs: spec.runAs ?? (spec.image === undefined ? 999 : undefined),
  readOnlyRoot: spec.readOnlyRoot,
  capabilities: spec.capabilities,
});

function secretsOf(component: PlacedComponent<Spec>, context: RenderContext): SecretDeclaration[] {
  if (!component.spec.password) return [];
  const { name } = context.metadata(component);
  return [
    {
      name,
      component: component.key,
      keys: {
        PASSWORD: { from: "generated", shape: "password" },
        url: { from: "template", template: `redis://:\${PASSWORD}@${component.name}:6379`, encode: "url" },
      },
    },
  ];
}

/** A Redis server. Its address is `.url`, without a database: `${broker.url}/0`. */
export const redis = defineComponent(redisKind);
