import { MoorageError } from "../contract/index.ts";
import { isForbidden } from "../kube/KubeError.ts";
import { renderEnvironment, type EvaluatedEnvironment, type Rendering } from "../platform/index.ts";
import { createRedactor, environmentKey, resolveSecrets, type SecretInputs } from "../secrets/index.ts";
import { rememberKey } from "./apply/madeKeys.ts";
import { contextOf, type DeployContext } from "./DeployContext.ts";
import { keepSecretHashes } from "./keepSecretHashes.ts";
import { beginPlan, planDeploy, type PlanOptions } from "./plan/planDeploy.ts";
import type { Plan } from "./plan/Plan.ts";

/** What a plan is made from. */
export interface DeploySource {
  /** From `evaluateEnvironment(await loadPlatform(...), name)`. */
  readonly evaluated: EvaluatedEnvironment;
  /** Where secrets `from: "environment"` are looked up: `process.env`. */
  readonly processEnvironment: Readonly<Record<string, string | undefined>>;
  /** Hash of a program's folder, for the sandbox: a change rolls its pods. */
  readonly sourceOf?: (folder: string) => string | undefined;
  /** Told how to take the secrets out of a text as soon as they are known: what fails after that may quote them. */
  readonly onRedactor?: (redact: (text: string) => string) => void;
}

/** A plan, and what it takes to carry it out. */
export interface PreparedDeploy {
  /** With the secrets' values: never print or store it. */
  readonly rendering: Rendering;
  /** To be shown, and given to `deploy` together with the rendering. */
  readonly plan: Plan;
  /** Takes every secret of the environment out of a text. Pass it on in the context of `deploy`. */
  readonly redact: (text: string) => string;
}

/**
 * From an evaluated environment to its plan: finds the secrets' values, renders with them, and compares with what is live. Writes nothing. Errors: `SecretMissing` with all secrets that
 * have no value, `AbortedByUser`, and those of rendering and planning.
 */
export async function prepareDeploy(
  source: DeploySource,
  given: DeployContext,
  options: PlanOptions = {},
): Promise<PreparedDeploy> {
  try {
    return await prepare(source, given, options);
  } catch (error) {
    if (given.signal?.aborted !== true || error instanceof MoorageError) throw error;
    throw new MoorageError("AbortedByUser", "Interrupted: nothing was written.", {
      exitCode: 130,
      cause: error,
    });
  }
}

async function prepare(
  source: DeploySource,
  given: DeployContext,
  options: PlanOptions,
): Promise<PreparedDeploy> {
  const context = contextOf(given);
  const { evaluated } = source;
  const unreadable = new Set<string>();
  const live = new Map<string, Promise<Readonly<Record<string, string>> | undefined>>();
  const read = async (name: string): Promise<Readonly<Record<string, string>> | undefined> => {
    try {
      const ref = { apiVersion: "v1", kind: "Secret", name, namespace: evaluated.namespace };
      const secret = await context.client.find(ref, { signal: context.signal });
      return secret === undefined ? undefined : ((secret["data"] ?? {}) as Record<string, string>);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      unreadable.add(name);
      return undefined;
    }
  };
  const inputs: SecretInputs = {
    readFile: (path) => evaluated.loaded.readFile(path),
    environment: source.processEnvironment,
    findSecret: (name) => {
      const asked = live.get(name) ?? read(name);
      live.set(name, asked);
      return asked;
    },
    random: context.random,
  };
  const { platform, name: environment, namespace } = evaluated;
  const begun = beginPlan({ platform, environment, namespace }, context, options);
  const sourceOf = source.sourceOf === undefined ? {} : { sourceOf: source.sourceOf };
  const { secrets } = renderEnvironment(evaluated, { ...sourceOf, secretsOnly: true });
  const [resolved, key] = await Promise.all([
    resolveSecrets(secrets, inputs),
    environmentKey(evaluated.platform, evaluated.name, inputs),
  ]);
  const known = createRedactor([...resolved.values.values()].flatMap((data) => Object.values(data)));
  const redactKnown = (text: string): string => known(context.redact(text));
  source.onRedactor?.(redactKnown);
  // What may not be read cannot be said to be missing.
  const missing = resolved.problems.filter(
    ({ message }) => ![...unreadable].some((name) => message.startsWith(`secret "${name}"`)),
  );
  if (missing.length > 0) {
    const [first] = missing;
    throw new MoorageError(
      "SecretMissing",
      missing.length === 1 && first !== undefined
        ? first.message
        : `${missing.length} secrets have no value.`,
      {
        problems: missing,
        ...(missing.length === 1 ? { hint: first?.hint } : {}),
        exitCode: 1,
      },
    );
  }
  const rendered = renderEnvironment(evaluated, {
    ...sourceOf,
    secretValues: resolved.values,
    secretKey: key.key,
  });
  const redact = withoutManifests(rendered, redactKnown);
  if (redact !== redactKnown) source.onRedactor?.(redact);
  // A Secret that may not be read stays as it is: a value that was generated for it anew would lock people out.
  const readable: Rendering = {
    ...rendered,
    objects: rendered.objects.filter(
      ({ object }) => object.kind !== "Secret" || !unreadable.has(object.metadata.name ?? ""),
    ),
  };
  const rendering = unreadable.has(key.secret) ? await keepSecretHashes(readable, context) : readable;
  if (key.isNew && !unreadable.has(key.secret)) rememberKey(rendering, key.key);
  const plan = await planDeploy(rendering, { ...context, redact }, options, begun);
  const left = [...unreadable].filter((name) => name !== key.secret);
  if (left.length === 0) return { rendering, plan, redact };
  const unread = `This account may not read ${left.map((name) => `Secret ${name}`).join(", ")}`;
  // Whoever compares them says it too.
  const others = plan.notes.filter((note) => note !== `${unread}: done without.`);
  return { rendering, plan: { ...plan, notes: [...others, `${unread}: left as it is.`] }, redact };
}

/** A Secret in plain YAML is one as well: what its programs print is quoted when they fail. */
function withoutManifests(
  { objects, components }: Rendering,
  redact: (text: string) => string,
): (text: string) => string {
  const manifests = new Set(components.filter(({ kind }) => kind === "manifests").map(({ key }) => key));
  const values = objects
    .filter(({ object, component }) => object.kind === "Secret" && manifests.has(component ?? ""))
    .flatMap(({ object: { data, stringData } }) => [
      ...Object.values(stringData ?? {}).map(String),
      ...Object.values(data ?? {}).map((value) => Buffer.from(String(value), "base64").toString()),
    ]);
  if (values.length === 0) return redact;
  const written = createRedactor(values);
  return (text) => written(redact(text));
}
