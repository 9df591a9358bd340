import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { KubeObject } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type {
  PlacedComponent,
  RenderContext,
  ResolvedReference,
  SecretDeclaration,
} from "../platform/ComponentKind.ts";
import { imageRef } from "../platform/fields.ts";
import { everyKind, portNumber, text } from "./fields.ts";
import { finding, nameProblems } from "./finding.ts";
import { finished } from "./finished.ts";
import { templateOf } from "./pod/files.ts";
import { placementField } from "./pod/placement.ts";
import { portsOf } from "./pod/ports.ts";
import { renderPod } from "./pod/renderPod.ts";
import { checkResources, resourcesField } from "./pod/resources.ts";
import { checkSecurity, securityFields } from "./pod/security.ts";
import { serviceObject } from "./service.ts";
import { statefulSet, statefulSetNameLimit } from "./statefulSet.ts";
import { checkStorage, renderStorage, storageFields } from "./storage.ts";

const identifier = () =>
  z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/u, {
    error: "expected lower-case letters, digits and underscores, 63 at most",
  });

const externalSchema = lazily(() =>
  z.strictObject({
    host: text(),
    port: portNumber().default(5432),
    database: text(),
    user: text(),
    password: text().meta({ description: 'A reference to a secret: secret("db").PASSWORD.' }),
    parameters: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'Of the URL: { sslmode: "require" }.' }),
  }),
);

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    ...storageFields(),
    ...securityFields(),
    database: identifier().default("app"),
    user: identifier().default("app"),
    version: z
      .string()
      .default("17")
      .meta({ description: "Of PostgreSQL: its major version. Another one needs a dump and restore." }),
    image: imageRef().optional(),
    settings: z
      .record(z.string().regex(/^[a-z_.]+$/u), z.union([z.string(), z.number()]))
      .optional()
      .meta({
        description: "As in postgresql.conf: { max_connections: 200 }.",
      }),
    resources: resourcesField(),
    placement: placementField(),
    external: externalSchema()
      .optional()
      .meta({ description: "A database that exists: only the Secret with its URLs is made." }),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

const ports = portsOf({ postgres: 5432 });
const mountFolder = "/var/lib/postgresql/data";
// A subfolder: a fresh file system may have a lost+found in its root, and initdb wants an empty folder.
const dataFolder = `${mountFolder}/pgdata`;

/** URL schemes by output: what each family of drivers wants to read. */
const schemes = {
  url: "postgresql",
  asyncUrl: "postgresql+asyncpg",
  psycopgUrl: "postgresql+psycopg",
} as const;

export const postgresKind = defineKind({
  kind: "postgres",
  description: "A PostgreSQL server with one database, or a Secret with the URLs of one that exists.",
  schema,
  outputs: ["url", "asyncUrl", "psycopgUrl", "jdbcUrl", "host", "port", "database", "user", "PASSWORD"],
  resolve: (output, component, context) => {
    const { host, port, database, user } = serverOf(component);
    const texts: Record<string, string> = { host, port: String(port), database, user };
    const value = texts[output];
    if (value !== undefined) return { type: "text", value: context.text(value) };
    return { type: "secret", secret: context.metadata(component).name, key: output };
  },
  secrets: (component, context) => [secretOf(component, context)],
  check: (component, context) => {
    const { spec } = component;
    if (spec.external) {
      return isSecretReference(spec.external.password, context)
        ? []
        : [
            finding(component, "external.password", "a password doesn't belong into a platform file", {
              hint: 'declare a secret, and refer to it: secret("db").PASSWORD',
            }),
          ];
    }
    return [
      ...nameProblems(component, "StatefulSet", statefulSetNameLimit),
      ...checkStorage(component, context),
      ...checkSecurity({ ...component, spec: withUser(spec) }, context),
      ...checkResources(component, "resources", spec.resources),
      ...(spec.storage === undefined && spec.claim === undefined
        ? [
            finding(component, "storage", "a database without storage loses everything when its pod moves", {
              severity: "warning" as const,
              hint: 'storage: "10Gi"',
            }),
          ]
        : []),
    ];
  },
  render: (component, context) =>
    component.spec.external ? [] : finished(renderServer(component, context), context),
});

function renderServer(component: PlacedComponent<Spec>, context: RenderContext): KubeObject[] {
  const { spec } = component;
  const { objects, volume } = renderStorage(component, context);
  const { name } = context.metadata(component);
  const settings = Object.entries(spec.settings ?? {}).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  const program = {
    image: spec.image ?? `docker.io/library/postgres:${spec.version}`,
    ...withUser(spec),
    args: settings.length > 0 ? settings : undefined,
    resources: spec.resources,
    placement: spec.placement,
  };
  const pod = renderPod({ ...component, spec: program }, context, {
    ports,
    // By TCP: while the image's first start runs its scripts, the server listens on its socket only.
    probes: { readiness: { tcp: "postgres" } },
    // Time for a checkpoint: killed in the middle, it starts with a recovery.
    gracePeriod: 120,
    dev: { builtin: "postgres" },
    own: {
      env: [
        { name: "POSTGRES_USER", value: spec.user },
        { name: "POSTGRES_DB", value: spec.database },
        { name: "POSTGRES_PASSWORD", valueFrom: { secretKeyRef: { name, key: "PASSWORD" } } },
        { name: "PGDATA", value: dataFolder },
      ],
      volumes: [volume],
      volumeMounts: [{ name: "data", mountPath: mountFolder }],
    },
  });
  return [...objects, serviceObject(component, context, ports), statefulSet(component, context, pod)];
}

const serverOf = (component: PlacedComponent<Spec>) =>
  component.spec.external ?? {
    host: component.name,
    port: 5432,
    database: component.spec.database,
    user: component.spec.user,
    parameters: undefined,
  };

/** The password and every URL, in one Secret: no program and no object has to put them together. */
function secretOf(component: PlacedComponent<Spec>, context: RenderContext): SecretDeclaration {
  const server = serverOf(component);
  const database = encodeURIComponent(context.text(server.database));
  const user = encodeURIComponent(context.text(server.user));
  const address = `${context.text(server.host)}:${server.port}/${database}`;
  const parameters = Object.entries(server.parameters ?? {}).map(
    ([key, value]) => `${key}=${encodeURIComponent(value)}`,
  );
  const query = parameters.length > 0 ? `?${parameters.join("&")}` : "";
  const jdbcQuery = [`user=${user}`, "password=${PASSWORD}", ...parameters].join("&");
  const external = component.spec.external;
  return {
    name: context.metadata(component).name,
    component: component.key,
    keys: {
      PASSWORD: external
        ? { from: "template", template: context.resolve(external.password).map(templateOf).join("") }
        : { from: "generated", shape: "password" },
      ...Object.fromEntries(
        Object.entries(schemes).map(([output, scheme]) => [
          output,
          template(`${scheme}://${user}:\${PASSWORD}@${address}${query}`),
        ]),
      ),
      jdbcUrl: template(`jdbc:postgresql://${address}?${jdbcQuery}`),
    },
  };
}

const template = (value: string) => ({ from: "template" as const, template: value, encode: "url" as const });

const isSecretReference = (value: string, context: RenderContext): boolean => {
  const pieces: readonly (string | ResolvedReference)[] = context.resolve(value);
  return pieces.length === 1 && typeof pieces[0] === "object" && pieces[0].type === "secret";
};

/** The official image's user. */
const withUser = (spec: Spec): Pick<Spec, "runAs" | "readOnlyRoot" | "capabilities"> => ({
  runAs: spec.runAs ?? (spec.image === undefined ? 999 : undefined),
  readOnlyRoot: spec.readOnlyRoot,
  capabilities: spec.capabilities,
});

/** A PostgreSQL server. Its addresses are `.url`, `.asyncUrl`, `.psycopgUrl` and `.jdbcUrl`, which contain the password. */
export const postgres = defineComponent(postgresKind);
