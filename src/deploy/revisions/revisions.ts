import { MoorageError, type KubeObject } from "../../contract/index.ts";
import { isForbidden, isNotFound } from "../../kube/KubeError.ts";
import type { RenderedComponent } from "../../platform/Rendering.ts";
import { readInventory } from "../apply/inventory.ts";
import { contextOf, type Context, type DeployContext } from "../DeployContext.ts";
import {
  instanceLabelOf,
  managerOf,
  stateLabel,
  stateLabels,
  stateOf,
  type Environment,
} from "../Environment.ts";
import { inParallel } from "../inParallel.ts";
import { objectKey, refOf } from "../objectKey.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import { labels } from "../../contract/index.ts";
import { linesOf, soundChunk, toChunks } from "./chunks.ts";
import { secretlessObject } from "./secretlessObject.ts";

/** So many revisions are kept. */
const keptRevisions = 10;

/** The record of one deploy. */
export interface Revision {
  /** Counts from 1, for each environment. */
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  /** Who deployed, as in the context of their deploy. */
  readonly who: string;
  /** A commit message, `rollback to 4`; empty where nothing was said. */
  readonly why: string;
  /** How many objects were created, updated, replaced and deleted. */
  readonly summary: Readonly<Record<string, number>>;
  /** All that it deployed, changed or not. */
  readonly objectCount: number;
  /** Names of the parts of its record; revisions share them. */
  readonly chunks: readonly string[];
}

/** A revision with what it deployed. Secrets have HMACs in place of values. */
export interface RevisionContent extends Revision {
  readonly objects: readonly WantedObject[];
  /** In the order of the deploy. */
  readonly components: readonly RenderedComponent[];
}

const secretKind = { apiVersion: "v1", kind: "Secret" };

const selector = (environment: Environment, state: string): string =>
  `${stateLabel}=${state},${labels.instance}=${instanceLabelOf(environment)}`;

const chunkName = (environment: Environment, id: string): string => `${stateOf(environment)}-c-${id}`;
const revisionName = (environment: Environment, number: number): string =>
  `${stateOf(environment)}-r-${number}`;

/**
 * All revisions that are kept, newest first. One whose record is damaged is left out, and told as a note; whoever may not read the records, which are Secrets, gets the last one only, as far as
 * it is known without, and that told.
 */
export async function listRevisions(environment: Environment, given: DeployContext): Promise<Revision[]> {
  const context = contextOf(given);
  let recorded: Recorded[];
  try {
    recorded = await readAll(environment, context);
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return await lastRevision(environment, error, context);
  }
  return recorded.flatMap(({ number, revision, secret }) => {
    if (revision !== undefined) return [revision];
    const message = `Revision ${number} is damaged: Secret ${secret.metadata.name} is not what Moorage writes.`;
    context.onEvent({ type: "note", message });
    return [];
  });
}

/** What the environment's ConfigMap says of the last one. */
async function lastRevision(
  environment: Environment,
  refusal: unknown,
  context: Context,
): Promise<Revision[]> {
  const inventory = await readInventory(environment, context, () => {
    throw refusal;
  });
  if (inventory?.revision === undefined) return [];
  const message =
    "This account may not read Secrets, where revisions are recorded: only the last one is known.";
  context.onEvent({ type: "note", message });
  const { number, at, who, why } = inventory.revision;
  return [{ number, at, who, why, summary: {}, objectCount: inventory.objects.length, chunks: [] }];
}

/** The numbers of all that are kept, newest first, damaged ones too. */
export const listNumbers = async (environment: Environment, context: Context): Promise<number[]> =>
  (await readAll(environment, context)).map(({ number }) => number);

interface Recorded {
  readonly number: number;
  /** Undefined: it is damaged. */
  readonly revision: Revision | undefined;
  readonly secret: KubeObject;
}

async function readAll(environment: Environment, context: Context): Promise<Recorded[]> {
  const list = await context.client.list(secretKind, {
    namespace: environment.namespace,
    labelSelector: selector(environment, "revision"),
    signal: context.signal,
  });
  return list.items
    .map((secret) => {
      const number = Number(secret.metadata.name?.split("-").at(-1));
      return { secret, number, revision: parseRevision(dataOf(secret, "revision").toString("utf8"), number) };
    })
    .filter(({ secret, number }) => secret.metadata.name === revisionName(environment, number))
    .toSorted((a, b) => b.number - a.number);
}

/** Undefined when that is no record of this revision. */
export function parseRevision(text: string, number: number): Revision | undefined {
  try {
    const parsed = JSON.parse(text) as Partial<Revision> | null;
    const isSound =
      parsed?.number === number &&
      Array.isArray(parsed.chunks) &&
      typeof parsed.summary === "object" &&
      [parsed.at, parsed.who, parsed.why].every((field) => typeof field === "string");
    return isSound ? (parsed as Revision) : undefined;
  } catch {
    return undefined;
  }
}

const dataOf = (secret: KubeObject, key: string): Buffer =>
  Buffer.from(((secret["data"] ?? {}) as Record<string, string>)[key] ?? "", "base64");

/** One revision with its objects; the newest unless a number is given. */
export async function readRevision(
  environment: Environment,
  number: number | undefined,
  given: DeployContext,
): Promise<RevisionContent> {
  const context = contextOf(given);
  const all = await readAll(environment, context);
  const found = number === undefined ? all[0] : all.find((one) => one.number === number);
  const sound = all.flatMap((one) => one.revision?.number ?? []);
  if (found === undefined) throw notFound(environment, number, sound);
  const { revision } = found;
  const damaged = (secret: string, how: string): MoorageError =>
    incomplete(`Revision ${found.number} is incomplete: ${how} (Secret ${secret}).`, found.number, sound);
  if (revision === undefined)
    throw damaged(revisionName(environment, found.number), "its record is not what Moorage writes");
  const chunks = await inParallel(revision.chunks, context.concurrency, async (id) => {
    const secret = await context.client.find(
      { ...secretKind, name: chunkName(environment, id), namespace: environment.namespace },
      { signal: context.signal },
    );
    if (secret === undefined) throw damaged(chunkName(environment, id), `part ${id} was deleted`);
    const content = soundChunk(dataOf(secret, "chunk"), id);
    if (content === undefined) throw damaged(chunkName(environment, id), `part ${id} was changed`);
    return content;
  });
  // What its hash vouches for was written by us.
  const [head = "{}", ...lines] = linesOf(chunks);
  const { components } = JSON.parse(head) as { components: RenderedComponent[] };
  return { ...revision, components, objects: lines.map((line) => JSON.parse(line) as WantedObject) };
}

const incomplete = (message: string, number: number, sound: readonly number[]): MoorageError => {
  const others = sound.filter((other) => other !== number);
  return new MoorageError("RevisionNotFound", message, {
    hint: `Choose another one from \`moorage history\`${others.length === 0 ? "." : `: ${others.join(", ")}.`} A whole deploy of the platform file records a new one.`,
  });
};

function notFound(
  environment: Environment,
  number: number | undefined,
  known: readonly number[],
): MoorageError {
  const said =
    number === undefined ? `${environment.environment} was never deployed` : `There is no revision ${number}`;
  return new MoorageError("RevisionNotFound", `${said}.`, {
    hint: known.length === 0 ? "Deploy it first." : `These are kept: ${known.join(", ")}.`,
  });
}

/**
 * Writes a revision: the chunks that are not there yet, then the revision that names them, so that none is ever incomplete. Older ones than the last ten go, and then the chunks
 * that none names.
 */
export async function recordRevision(
  environment: Environment,
  content: Omit<RevisionContent, "number" | "at" | "chunks" | "objectCount">,
  options: { readonly key: Uint8Array; readonly at: string; readonly last: number },
  context: Context,
): Promise<Revision> {
  const objects = content.objects
    .map((one) => ({ one, key: objectKey(refOf(one.object)) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ one }) => ({ object: secretlessObject(one.object, options.key), component: one.component }));
  const chunks = toChunks([
    JSON.stringify({ components: content.components }),
    ...objects.map((one) => JSON.stringify(one)),
  ]);
  const [before, known] = await Promise.all([
    readAll(environment, context),
    chunkSecrets(environment, context),
  ]);
  const names = new Set(known.map((secret) => secret.metadata.name));
  const write = { fieldManager: managerOf(environment), force: true, signal: context.signal };
  await inParallel(
    chunks.filter(({ id }) => !names.has(chunkName(environment, id))),
    context.concurrency,
    ({ id, compressed }) =>
      context.client.apply(
        stateSecret(environment, chunkName(environment, id), "chunk", {
          chunk: Buffer.from(compressed).toString("base64"),
        }),
        write,
      ),
  );
  const revision: Revision = {
    number: Math.max(options.last, before[0]?.number ?? 0) + 1,
    at: options.at,
    who: content.who,
    why: content.why,
    summary: content.summary,
    objectCount: objects.length,
    chunks: chunks.map(({ id }) => id),
  };
  await context.client.apply(
    stateSecret(environment, revisionName(environment, revision.number), "revision", {
      revision: Buffer.from(JSON.stringify(revision)).toString("base64"),
    }),
    write,
  );
  await forgetOld(environment, [{ number: revision.number, revision }, ...before], known, context);
  return revision;
}

const chunkSecrets = async (environment: Environment, { client, signal }: Context): Promise<KubeObject[]> =>
  (
    await client.list(secretKind, {
      namespace: environment.namespace,
      labelSelector: selector(environment, "chunk"),
      metadataOnly: true,
      signal,
    })
  ).items;

async function forgetOld(
  environment: Environment,
  revisions: readonly (Pick<Recorded, "number" | "revision"> & Partial<Recorded>)[],
  chunks: readonly KubeObject[],
  context: Context,
): Promise<void> {
  const kept = revisions.slice(0, keptRevisions);
  // A record that is damaged may be put back: what it named is not known, and stays till then.
  const isKnown = kept.every(({ revision }) => revision !== undefined);
  const needed = new Set(
    kept.flatMap(({ revision }) => revision?.chunks ?? []).map((id) => chunkName(environment, id)),
  );
  const remove = async (secret: KubeObject): Promise<void> => {
    try {
      await context.client.delete(
        { ...secretKind, name: secret.metadata.name ?? "", namespace: environment.namespace },
        { uid: secret.metadata.uid, signal: context.signal },
      );
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };
  await inParallel(
    revisions.slice(keptRevisions).flatMap(({ secret }) => secret ?? []),
    context.concurrency,
    remove,
  );
  await inParallel(
    isKnown ? chunks.filter((secret) => !needed.has(secret.metadata.name ?? "")) : [],
    context.concurrency,
    remove,
  );
}

export const stateSecret = (
  environment: Environment,
  name: string,
  state: string,
  data: Record<string, string>,
): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: environment.namespace, labels: stateLabels(environment, state) },
  type: `moorage.dev/${state}`,
  data,
});
