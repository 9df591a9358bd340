import { z } from "zod";
import { isComponent, type AnyComponent } from "./Component.ts";

/** @module The schema of the platform file, but for the components' own. One for TypeScript and YAML. */

/** RFC 1123 label: what names of environments, components and most objects must be. */
export const dnsLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/u;

const dnsName = z.string().max(63, { error: "is longer than 63 characters" }).regex(dnsLabel, {
  error: "expected small letters, digits and dashes, with a letter or digit at both ends (a DNS label)",
});

const shellOrList = z.union([z.string(), z.array(z.string())]);

const image = z.strictObject({
  ref: z.string().min(1).describe("Repository of the image, without tag: registry.example.org/quality/etl"),
  tag: z.string().optional().describe("Tag, when no release is recorded in moorage.lock."),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/u, { error: "expected sha256: and 64 hexadecimal digits" })
    .optional()
    .describe("Pins the image: sha256:..."),
  track: z.string().optional().describe("A tag that moves; each deploy looks up its digest anew."),
  pullPolicy: z
    .enum(["Always", "IfNotPresent"])
    .optional()
    .describe("Of the containers; Kubernetes' default unless said."),
  dev: z
    .strictObject({
      cwd: z.string().describe("Folder in which the program runs, relative to the platform file."),
      prepare: z
        .string()
        .optional()
        .describe("Shell line, run before the first start and when the folder's manifest changes."),
      run: shellOrList.optional().describe("Instead of the container's command: a list, or a shell line."),
      fixedPort: z.boolean().optional().describe("The program ignores PORT; one replica only."),
    })
    .optional()
    .describe("How the image runs on this machine. Without it, it can't run in the sandbox."),
});

const source = z.discriminatedUnion("from", [
  z.strictObject({
    from: z.literal("dotenv"),
    file: z.string().optional().describe("Beside the platform file (.env)."),
    key: z.string().optional().describe("In the file; the same key unless said."),
  }),
  z.strictObject({
    from: z.literal("environment"),
    variable: z
      .string()
      .optional()
      .describe("Variable of the command's environment; the same name unless said."),
  }),
  z.strictObject({
    from: z.literal("generated"),
    shape: z
      .enum(["password", "hex", "base64", "base64url", "uuid"])
      .optional()
      .describe("password unless said."),
    bytes: z.int().min(16).max(4096).optional().describe("Of randomness."),
  }),
  z.strictObject({
    from: z.literal("template"),
    template: z
      .string()
      .describe("Other keys of the same secret as ${KEY}: postgresql://app:${PASSWORD}@db/app"),
    encode: z.literal("url").optional().describe("The values are URL-encoded."),
  }),
  z.strictObject({ from: z.literal("existing") }),
]);

const keyList = z.array(z.string().min(1)).min(1);
const secret = z.union([
  z.strictObject({
    keys: z.record(z.string(), source).describe("Where each value comes from."),
    type: z.string().optional().describe("Of the Secret object; Opaque unless said."),
  }),
  z.strictObject({
    from: z.literal("dotenv"),
    file: z.string().optional().describe("Beside the platform file (.env)."),
    keys: keyList,
    type: z.string().optional(),
  }),
  z.strictObject({ from: z.literal("environment"), keys: keyList, type: z.string().optional() }),
  z.strictObject({
    from: z.literal("existing"),
    name: z
      .string()
      .optional()
      .describe("Of the Secret object in the namespace; the secret's own name and the suffix unless said."),
    keys: keyList,
  }),
]);

const environmentVariables = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const images = z.record(dnsName, image);
const secrets = z.record(dnsName, secret);
const pullSecrets = z.array(z.string());

const target = z.union([
  z.literal("sandbox"),
  z.strictObject({
    context: z.string().min(1).describe("Of the kubeconfig."),
    flavor: z.enum(["kubernetes", "openshift"]).optional().describe("kubernetes unless said."),
    server: z.url().optional().describe("Address of the API server; a deploy refuses any other."),
  }),
]);

/** A partial of a schema, at any depth: what an environment may layer over the platform. */
const layer = z.record(z.string(), z.union([z.record(z.string(), z.unknown()), z.null()]));

const environment = z.strictObject({
  target: target.describe("sandbox, or a cluster."),
  namespace: dnsName.optional().describe("The platform's name unless said."),
  createNamespace: z
    .boolean()
    .optional()
    .describe(
      "Whether the namespace is part of the deploy, with its Pod Security level (true). False: it is an administrator's.",
    ),
  suffix: z
    .string()
    .regex(/^(-[a-z0-9]+)*$/u, { error: 'expected a dash and small letters or digits: "-dev"' })
    .max(20)
    .optional()
    .describe("Appended to the names of all objects, so that environments can share a namespace."),
  podSecurity: z
    .enum(["restricted", "baseline", "privileged"])
    .optional()
    .describe("restricted unless said."),
  after: z.string().optional().describe("The environment that a version must have run in before."),
  approvals: z.int().min(0).optional().describe("How many people must approve a plan."),
  values: z.record(z.string(), z.unknown()).optional().describe("For the components function: env.values."),
  images: layer.optional().describe("Layered over the platform's images."),
  secrets: layer.optional().describe("Layered over the platform's secrets."),
  env: environmentVariables
    .or(z.record(z.string(), z.null()))
    .optional()
    .describe("Layered over the platform's env."),
  ca: z.string().nullable().optional(),
  pullSecrets: pullSecrets.optional(),
});

const shared = {
  images: images.optional().describe("The programs, by name."),
  secrets: secrets.optional().describe("The secrets, by name, and where their values come from."),
  env: environmentVariables.optional().describe("Given to every container that doesn't set it."),
  ca: z
    .string()
    .optional()
    .describe("A PEM file beside the platform file: every container trusts these authorities."),
  pullSecrets: pullSecrets.optional().describe("Declared secrets with registry credentials, for all pods."),
};

/** What `platform(name, definition)` takes, components apart. */
export const typescriptSchema = z.strictObject({
  ...shared,
  environments: z.record(dnsName, environment),
  components: z.custom<(env: never) => Record<string, AnyComponent>>((value) => typeof value === "function", {
    error: "expected a function of the environment that returns the components: (env) => ({ ... })",
  }),
});

const component = z.looseObject({ kind: z.string() });

/** `moorage.yaml`. The components' own fields are checked by their kinds. */
export const yamlSchema = z.strictObject({
  name: dnsName.describe("Of the platform."),
  ...shared,
  environments: z.record(
    dnsName,
    environment.extend({
      components: layer.optional().describe("Layered over the components; null leaves one out."),
    }),
  ),
  components: z.record(z.string(), component),
});

/** Of the platform after an environment's layer is merged over it. */
export const layeredSchema = z.object({ images, secrets, env: environmentVariables, pullSecrets });
/** What holds for all components of an environment: the platform's, with the environment's layered over it. */
export type LayeredSettings = z.output<typeof layeredSchema> & { readonly ca?: string };
export const platformName = dnsName;

export type ImageDefinition = z.input<typeof image>;
export type SecretDefinition = DeepReadonly<z.input<typeof secret>>;
export type SourceDefinition = z.input<typeof source>;
export type EnvironmentDefinition = z.input<typeof environment>;
export type EnvironmentVariables = z.input<typeof environmentVariables>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** Whether the value is what `components` must return. */
export const isComponentRecord = (value: unknown): value is Record<string, AnyComponent> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !isComponent(value);
