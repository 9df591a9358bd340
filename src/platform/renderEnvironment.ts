import { createHmac } from "node:crypto";
import {
  annotations,
  instanceOf,
  labels,
  MoorageError,
  ownerOf,
  type KubeObject,
  type Problem,
} from "../contract/index.ts";
import type { ComponentKind, PlacedComponent, RenderContext, SecretDeclaration } from "./ComponentKind.ts";
import { createContext } from "./createContext.ts";
import { declaredSecrets } from "./declaredSecrets.ts";
import type { EvaluatedEnvironment } from "./evaluateEnvironment.ts";
import type { Override } from "./fields.ts";
import { renameIfChanged, renderedJobs, type RenderedJobs } from "./jobNames.ts";
import { applyOverride } from "./override.ts";
import { platformWide } from "./platformWide.ts";
import type { RenderedObject, Rendering } from "./Rendering.ts";
import { counted, throwProblems } from "./throwProblems.ts";

export interface RenderOptions {
  /** By the Secret's object name, then by key. Without it, Secret objects have no `data`. */
  readonly secretValues?: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** Key of the environment, for the hashes that roll pods when a secret changes. */
  readonly secretKey?: Uint8Array;
  /** Hash of a program's folder, for the sandbox: a change rolls the pods. */
  readonly sourceOf?: (folder: string) => string | undefined;
  /** Only what secrets there are; the rendering has none of the components' objects. */
  readonly secretsOnly?: boolean;
}

/** All objects of an environment. @throws MoorageError `PlatformInvalid` with all problems; `SecretMissing` */
export function renderEnvironment(evaluated: EvaluatedEnvironment, options: RenderOptions = {}): Rendering {
  const { rendering, problems } = tryRender(evaluated, options);
  throwProblems(
    problems,
    (count) =>
      `${evaluated.loaded.shownFile} has ${counted(count, "problem")} in the environment ${evaluated.name}.`,
  );
  return rendering;
}

/** The same, with the problems as data. */
export function tryRender(
  evaluated: EvaluatedEnvironment,
  options: RenderOptions = {},
): { rendering: Rendering; problems: Problem[] } {
  const { secretValues, secretKey, sourceOf } = options;
  const context = createContext(evaluated, { secretHash: secretHashOf(secretValues, secretKey), sourceOf });
  const kinds = new Map(evaluated.loaded.kinds.map((kind) => [kind.kind, kind]));
  const problems: Problem[] = [...evaluated.problems];
  const secrets: SecretDeclaration[] = [];
  const objects: RenderedObject[] = [];
  const wide = collect(problems, { file: evaluated.loaded.shownFile }, () =>
    platformWide(evaluated.settings, context),
  );
  secrets.push(
    ...(collect(problems, { path: "secrets", file: evaluated.loaded.shownFile }, () =>
      declaredSecrets(evaluated.settings, context),
    ) ?? []),
  );
  if (evaluated.createNamespace) objects.push({ object: namespaceOf(evaluated) });
  for (const object of wide?.objects ?? []) objects.push({ object });
  const versions = new Map<string, string | undefined>();
  for (const component of evaluated.components) {
    const kind = kinds.get(component.kind);
    if (kind === undefined) continue;
    const rendered = collect(problems, placeOf(component), () =>
      renderComponent(kind, component, context, problems, options.secretsOnly === true),
    );
    if (rendered === undefined) continue;
    secrets.push(...rendered.secrets);
    versions.set(component.key, versionOf(component, context));
    for (const object of rendered.objects) {
      wide?.change(object);
      renameIfChanged(object, rendered.jobs);
      objects.push({ object, component: component.key });
    }
  }
  const owned = secrets.filter((secret) => secret.existing !== true);
  for (const secret of owned)
    objects.push({ object: secretObject(secret, context, secretValues), component: secret.component });
  if (secretValues !== undefined) checkValues(owned, secretValues);
  for (const { object, component } of objects) setOwner(object, component, context);
  problems.push(...duplicates(objects, evaluated.loaded.shownFile));
  const rendering: Rendering = {
    platform: evaluated.platform,
    environment: evaluated.name,
    namespace: evaluated.namespace,
    objects,
    components: evaluated.components.map(({ key, name, kind, after }) => ({
      key,
      name,
      kind,
      after,
      version: versions.get(key),
    })),
    secrets,
    problems: problems.filter((problem) => problem.severity === "warning"),
  };
  return { rendering, problems };
}

function renderComponent(
  kind: ComponentKind,
  component: PlacedComponent,
  context: RenderContext,
  problems: Problem[],
  secretsOnly: boolean,
): { objects: KubeObject[]; secrets: SecretDeclaration[]; jobs: RenderedJobs } {
  const found = kind.check?.(component, context) ?? [];
  const place = placeOf(component);
  problems.push(...found.map((problem) => ({ ...place, ...problem })));
  // What `check` refuses may not be possible to render.
  if (found.some((problem) => problem.severity !== "warning"))
    return { objects: [], secrets: [], jobs: new Map() };
  const secrets = (kind.secrets?.(component, context) ?? []).map((secret) => ({
    ...secret,
    component: secret.component ?? component.key,
  }));
  if (secretsOnly) return { objects: [], secrets, jobs: new Map() };
  // A copy: what two objects share must not be changed twice.
  const objects = structuredClone(kind.render(component, context));
  const jobs = renderedJobs(objects);
  const { override } = component.spec as { override?: Override };
  if (override === undefined) return { objects, secrets, jobs };
  const patch = typeof override === "function" ? override : (resolveText(override, context) as Override);
  const result = applyOverride(objects, patch, `components.${component.key}.override`);
  problems.push(...result.problems.map((problem) => ({ ...place, ...problem })));
  return { objects: result.objects, secrets, jobs };
}

/** Version of the image, for `status`. */
function versionOf(component: PlacedComponent, context: RenderContext): string | undefined {
  const { image } = component.spec as { image?: unknown };
  const named =
    typeof image === "object" && image !== null && "image" in image && typeof image.image === "string";
  if (typeof image !== "string" && !named) return undefined;
  return context.image(image as string | { image: string }).version;
}

/** Where a problem of a component lies: its path, and its line. */
function placeOf(component: PlacedComponent): Partial<Problem> {
  const match = /^(.*?)(?::(\d+))?$/u.exec(component.definedAt ?? "");
  return {
    path: `components.${component.key}`,
    ...(component.definedAt !== undefined && { file: match?.[1] }),
    ...(match?.[2] !== undefined && { line: Number(match[2]) }),
  };
}

/** What a part throws joins the problems; the others are looked at all the same. */
function collect<T>(problems: Problem[], place: Partial<Problem>, make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof MoorageError)) throw error;
    const { file, path, line, column } = error.location;
    const own = Object.fromEntries(
      Object.entries({ path, line, column, file: line === undefined ? undefined : file }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    if (error.problems.length > 0)
      problems.push(...error.problems.map((problem) => ({ ...place, ...problem })));
    else problems.push({ ...place, ...own, message: error.message, hint: error.hint });
    return undefined;
  }
}

function resolveText(value: unknown, context: RenderContext): unknown {
  if (typeof value === "string") return context.text(value);
  if (Array.isArray(value)) return value.map((inner) => resolveText(inner, context));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolveText(inner, context)]));
}

/** Environments may share it: no owner, no instance, nothing that two of them would fight over. Never pruned. */
function namespaceOf({ namespace, podSecurity, flavor }: EvaluatedEnvironment): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: {
      name: namespace,
      // OpenShift sets the level itself, from the rights that the service accounts have.
      labels: flavor === "openshift" ? {} : { "pod-security.kubernetes.io/enforce": podSecurity },
    },
  };
}

function secretObject(
  secret: SecretDeclaration,
  context: RenderContext,
  values: RenderOptions["secretValues"],
): KubeObject {
  const known = values?.get(secret.name);
  const data = Object.keys(secret.keys)
    .toSorted()
    .map((key) => [key, Buffer.from(known?.[key] ?? "", "utf8").toString("base64")]);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: secret.name, namespace: context.namespace },
    type: secret.type ?? "Opaque",
    ...(values !== undefined && { data: Object.fromEntries(data) as Record<string, string> }),
  };
}

function checkValues(
  secrets: readonly SecretDeclaration[],
  values: NonNullable<RenderOptions["secretValues"]>,
): void {
  const missing = secrets.flatMap((secret) =>
    Object.keys(secret.keys)
      .filter((key) => values.get(secret.name)?.[key] === undefined)
      .map((key) => ({ message: `the secret ${secret.name} has no value for ${key}` })),
  );
  if (missing.length === 0) return;
  throw new MoorageError("SecretMissing", `${counted(missing.length, "secret value")} missing.`, {
    problems: missing,
    exitCode: 2,
  });
}

/** The fixed labels where they are missing, and the owner. */
function setOwner(object: KubeObject, component: string | undefined, context: RenderContext): void {
  if (object.kind === "Namespace" && object.apiVersion === "v1" && component === undefined) return;
  object.metadata.labels = {
    ...(component !== undefined && { [labels.name]: component }),
    [labels.instance]: instanceOf(context.platform, context.environment),
    [labels.partOf]: context.platform,
    [labels.managedBy]: "moorage",
    ...object.metadata.labels,
  };
  object.metadata.annotations = {
    ...object.metadata.annotations,
    [annotations.owner]: ownerOf(context.platform, context.environment),
  };
}

function duplicates(objects: readonly RenderedObject[], file: string): Problem[] {
  const seen = new Map<string, RenderedObject>();
  return objects.flatMap((rendered): Problem[] => {
    const { apiVersion, kind, metadata } = rendered.object;
    const group = apiVersion.includes("/") ? apiVersion.split("/")[0] : "";
    const id = [group, kind, metadata.namespace, metadata.name].join("\n");
    const other = seen.get(id);
    seen.set(id, rendered);
    if (other === undefined) return [];
    const by = (one: RenderedObject): string =>
      one.component === undefined ? "the platform" : `the component "${one.component}"`;
    return [
      {
        file,
        path: rendered.component === undefined ? undefined : `components.${rendered.component}`,
        message: `${kind} "${metadata.name}" is rendered twice: by ${by(other)} and ${by(rendered)}`,
        hint: "rename one of them",
      },
    ];
  });
}

/** HMAC-SHA-256 over the sorted keys and values of some Secrets; undefined while a value is not known. */
function secretHashOf(
  values: RenderOptions["secretValues"],
  key: Uint8Array | undefined,
): RenderContext["secretHash"] {
  return (names) => {
    if (values === undefined || key === undefined) return undefined;
    const hmac = createHmac("sha256", key);
    for (const name of [...new Set(names)].toSorted()) {
      const data = values.get(name);
      if (data === undefined) return undefined;
      hmac.update(JSON.stringify([name, Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1))]));
    }
    return hmac.digest("hex").slice(0, 32);
  };
}
