import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { ObjectRef } from "../../kube/KubeClient.ts";
import { isForbidden } from "../../kube/KubeError.ts";
import type { Context } from "../DeployContext.ts";
import { managerOf, stateLabels, stateOf, type Environment } from "../Environment.ts";

/**
 * What the environment's ConfigMap says: every object that a deploy may have made, and how the last deploy went. It holds no secret, so that the right to `view` is
 * enough for a status.
 */
export interface Inventory {
  readonly objects: readonly ObjectRef[];
  readonly attempt?: Attempt;
  readonly revision?: RevisionHead;
}

/** The last deploy, whether it succeeded or not; or that the environment was destroyed since, or is being. */
export interface Attempt {
  readonly status: "deploying" | "deployed" | "failed" | "interrupted" | "destroying" | "destroyed";
  /** When it began or ended. RFC 3339. */
  readonly at: string;
  readonly who: string;
  /** Where and why it stopped. */
  readonly message?: string;
}

/** Whether something was begun and is not at its end. */
export const isUnfinished = (attempt: Attempt | undefined): attempt is Attempt =>
  attempt !== undefined && attempt.status !== "deployed" && attempt.status !== "destroyed";

/** The last revision, in a line. */
export interface RevisionHead {
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  readonly who: string;
  readonly why: string;
  /** Keys of the jobs that had run when it was recorded: one that its TTL removed is not run again. */
  readonly jobs: readonly string[];
}

const inventoryName = (environment: Environment): string => `${stateOf(environment)}-inventory`;

const inventoryRef = (environment: Environment): ObjectRef => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name: inventoryName(environment),
  namespace: environment.namespace,
});

/** Undefined before the first deploy. Whoever only looks can go on without it when it may not be read, and says so in `unreadable`; whoever writes can't. */
export async function readInventory(
  environment: Environment,
  context: Context,
  unreadable?: (note: string) => void,
): Promise<Inventory | undefined> {
  let live: KubeObject | undefined;
  try {
    live = await context.client.find(inventoryRef(environment), { signal: context.signal });
  } catch (error) {
    if (unreadable === undefined || !isForbidden(error)) throw error;
    unreadable(
      `This account may not read ConfigMap ${inventoryName(environment)}: what was deployed before is not known.`,
    );
  }
  if (live === undefined) return undefined;
  try {
    return parseInventory(live, environment);
  } catch (error) {
    if (unreadable === undefined || !(error instanceof MoorageError)) throw error;
    unreadable(`${error.message} What was deployed before is not known.`);
    return undefined;
  }
}

/** Errors: `StateDamaged`. To go on without it would forget objects, and run jobs again. */
function parseInventory(live: KubeObject, environment: Environment): Inventory {
  const data = (live["data"] ?? {}) as Record<string, string>;
  const damaged = (key: string): MoorageError =>
    new MoorageError(
      "StateDamaged",
      `ConfigMap ${inventoryName(environment)} in namespace ${environment.namespace} is damaged: its "${key}" is not what Moorage writes.`,
      {
        hint: `Put back what it was, or do without: kubectl delete configmap ${inventoryName(environment)} -n ${environment.namespace}\nThen the next deploy runs jobs again, and knows only the objects that the platform file names.`,
      },
    );
  const parse = <T extends object>(
    key: "attempt" | "revision",
    needed: (keyof T & string)[],
  ): T | undefined => {
    const text = data[key];
    if (text === undefined) return undefined;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      throw damaged(key);
    }
    if (typeof parsed !== "object" || parsed === null || needed.some((field) => !(field in parsed)))
      throw damaged(key);
    return parsed as T;
  };
  const objects = parseObjects(data["objects"] ?? "");
  if (objects === undefined) throw damaged("objects");
  const attempt = parse<Attempt>("attempt", ["status", "at", "who"]);
  const revision = parse<RevisionHead>("revision", ["number", "at", "who", "jobs"]);
  return {
    objects,
    ...(attempt === undefined ? {} : { attempt }),
    ...(revision === undefined ? {} : { revision }),
  };
}

/** One line an object: readable with kubectl, and a third of the size of JSON. */
const formatObjects = (objects: readonly ObjectRef[]): string =>
  [...new Set(objects.map((ref) => `${ref.apiVersion} ${ref.kind} ${ref.namespace ?? "-"} ${ref.name}`))]
    .toSorted()
    .join("\n");

function parseObjects(text: string): ObjectRef[] | undefined {
  const refs: ObjectRef[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [apiVersion, kind, namespace, name, ...more] = line.split(" ");
    if (!apiVersion || !kind || !namespace || !name || more.length > 0) return undefined;
    refs.push({ apiVersion, kind, name, ...(namespace === "-" ? {} : { namespace }) });
  }
  return refs;
}

/** Writes the whole of it; a crash before leaves the old one, which is a superset of what was written till then. */
export async function writeInventory(
  environment: Environment,
  inventory: Inventory,
  context: Context,
  signal: AbortSignal = context.signal,
): Promise<void> {
  await context.client.apply(
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        name: inventoryName(environment),
        namespace: environment.namespace,
        labels: stateLabels(environment, "inventory"),
      },
      data: {
        objects: formatObjects(inventory.objects),
        ...(inventory.attempt === undefined ? {} : { attempt: JSON.stringify(inventory.attempt) }),
        ...(inventory.revision === undefined ? {} : { revision: JSON.stringify(inventory.revision) }),
      },
    },
    { fieldManager: managerOf(environment), force: true, signal },
  );
}
