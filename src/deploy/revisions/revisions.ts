import { MoorageError, type KubeObject } from "../../contract/index.ts";
import { isNotFound } from "../../kube/KubeError.ts";
import type { RenderedComponent } from "../../platform/Rendering.ts";
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
import { fromChunks, toChunks } from "./chunks.ts";
import { secretlessObject } from "./secretlessObject.ts";

/** So many revisions are kept. */
export const keptRevisions = 10;

/** The record of one deploy. */
export interface Revision {
  readonly number: number;
  /** RFC 3339. */
  readonly at: string;
  readonly who: string;
  readonly why: string;
  /** How many objects were created, updated, replaced and deleted. */
  readonly summary: Readonly<Record<string, number>>;
  readonly objectCount: number;
  readonly chunks: readonly string[];
}

/** A revision with what it deployed. Secrets have HMACs in place of values. */
export interface RevisionContent extends Revision {
  readonly objects: readonly WantedObject[];
  readonly components: readonly RenderedComponent[];
}

const secretKind = { apiVersion: "v1", kind: "Secret" };

const selector = (environment: Environment, state: string): string =>
  `${stateLabel}=${state},${labels.instance}=${instanceLabelOf(environment)}`;

const chunkName = (environment: Environment, id: string): string => `${stateOf(environment)}-c-${id}`;
const revisionName = (environment: Environment, number: number): string =>
  `${stateOf(environment)}-r-${number}`;

/** All revisions that are kept, newest first. */
export async function listRevisions(environment: Environment, given: DeployContext): Promise<Revision[]> {
  return (await readAll(environment, contextOf(given))).map(({ revision }) => revision);
}

async function readAll(
  environment: Environment,
  context: Context,
): Promise<{ revision: Revision; secret: KubeObject }[]> {
  const list = await context.client.list(secretKind, {
    namespace: environment.namespace,
    labelSelector: selector(environment, "revision"),
    signal: context.signal,
  });
  return list.items
    .map((secret) => ({
      secret,
      revision: JSON.parse(dataOf(secret, "revision").toString("utf8")) as Revision,
    }))
    .toSorted((a, b) => b.revision.number - a.revision.number);
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
  const found = number === undefined ? all[0] : all.find(({ revision }) => revision.number === number);
  if (found === undefined)
    throw notFound(
      environment,
      number,
      all.map(({ revision }) => revision.number),
    );
  const chunks = await inParallel(found.revision.chunks, context.concurrency, async (id) => {
    const secret = await context.client.find(
      { ...secretKind, name: chunkName(environment, id), namespace: environment.namespace },
      { signal: context.signal },
    );
    if (secret === undefined) {
      throw new MoorageError(
        "RevisionNotFound",
        `Revision ${found.revision.number} is incomplete: part ${id} was deleted.`,
        {
          hint: "Choose another one from `moorage history`.",
        },
      );
    }
    return dataOf(secret, "chunk");
  });
  const [head = "{}", ...lines] = fromChunks(chunks);
  const { components } = JSON.parse(head) as { components: RenderedComponent[] };
  return { ...found.revision, components, objects: lines.map((line) => JSON.parse(line) as WantedObject) };
}

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
    .map(({ object, component }) => ({ object: secretlessObject(object, options.key), component }))
    .toSorted((a, b) => (objectKey(refOf(a.object)) < objectKey(refOf(b.object)) ? -1 : 1));
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
    number: Math.max(options.last, before[0]?.revision.number ?? 0) + 1,
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
  await forgetOld(
    environment,
    [revision, ...before.map((one) => one.revision)],
    before.map((one) => one.secret),
    known,
    context,
  );
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
  revisions: readonly Revision[],
  secrets: readonly KubeObject[],
  chunks: readonly KubeObject[],
  context: Context,
): Promise<void> {
  const kept = revisions.slice(0, keptRevisions);
  const names = new Set(kept.map((revision) => revisionName(environment, revision.number)));
  const needed = new Set(kept.flatMap((revision) => revision.chunks.map((id) => chunkName(environment, id))));
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
    secrets.filter((secret) => !names.has(secret.metadata.name ?? "")),
    context.concurrency,
    remove,
  );
  await inParallel(
    chunks.filter((secret) => !needed.has(secret.metadata.name ?? "")),
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
