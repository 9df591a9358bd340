import type { KubeObject } from "../../../contract/index.ts";
import { devAnnotations } from "../../../contract/index.ts";
import { fieldValue, resourceFieldValue, type NodeCapacity, type PodFacts } from "../fieldReference.ts";
import type { ConfigMapSource, DownwardItem, KeyToPath, Pod, ProjectedSource, Volume } from "../Pod.ts";

/** One file of a volume that is made from objects. */
export interface DataFile {
  readonly bytes: Buffer;
  readonly mode: number;
}

/** Path below the volume -> file. */
export type DataFiles = Map<string, DataFile>;

export interface DataContext {
  readonly pod: Pod;
  readonly facts: PodFacts;
  readonly capacity: NodeCapacity;
  readonly find: (kind: "ConfigMap" | "Secret", name: string) => Promise<KubeObject | undefined>;
  /** A token of the pod's service account. */
  readonly token: (audience: string | undefined, seconds: number) => Promise<string>;
  /** Substitutes references in a file that is marked as a template. */
  readonly substitute: (text: string) => string;
}

/** Whether the volume's files are made from objects, and so change with them. */
export const isDataVolume = (volume: Volume): boolean =>
  volume.configMap !== undefined ||
  volume.secret !== undefined ||
  volume.downwardAPI !== undefined ||
  volume.projected !== undefined;

/** Names of the objects that a volume is made from. */
export function objectsOf(volume: Volume): { kind: "ConfigMap" | "Secret"; name: string }[] {
  const sources: ProjectedSource[] = [
    ...(volume.projected?.sources ?? []),
    ...(volume.configMap === undefined ? [] : [{ configMap: volume.configMap }]),
    ...(volume.secret === undefined ? [] : [{ secret: { name: volume.secret.secretName } }]),
  ];
  return sources.flatMap((source) => [
    ...(source.configMap?.name === undefined
      ? []
      : [{ kind: "ConfigMap" as const, name: source.configMap.name }]),
    ...(source.secret?.name === undefined ? [] : [{ kind: "Secret" as const, name: source.secret.name }]),
  ]);
}

/** The files of a volume, or what is missing in the kubelet's words. None is outside of it. */
export async function dataFiles(
  volume: Volume,
  context: DataContext,
): Promise<{ files: DataFiles } | { problem: string }> {
  const made = await filesOf(volume, context);
  if ("problem" in made) return made;
  const outside = [...made.files.keys()].find(leadsOut);
  return outside === undefined ? made : { problem: `path ${outside} leads out of the volume` };
}

/** Names that begin with two dots are those by which a volume is turned to its next content. */
const leadsOut = (path: string): boolean =>
  path.startsWith("/") || path.startsWith("..") || path.split("/").includes("..");

async function filesOf(
  volume: Volume,
  context: DataContext,
): Promise<{ files: DataFiles } | { problem: string }> {
  const files: DataFiles = new Map();
  if (volume.projected !== undefined) {
    const mode = volume.projected.defaultMode ?? 0o644;
    for (const source of volume.projected.sources ?? []) {
      const problem = await addSource(files, source, mode, context);
      if (problem !== undefined) return { problem };
    }
    return { files };
  }
  const { configMap, secret, downwardAPI } = volume;
  const mode = (configMap ?? secret ?? downwardAPI)?.defaultMode ?? 0o644;
  const source: ProjectedSource = {
    ...(configMap === undefined ? {} : { configMap }),
    ...(secret === undefined ? {} : { secret: { ...secret, name: secret.secretName } }),
    ...(downwardAPI === undefined ? {} : { downwardAPI }),
  };
  const problem = await addSource(files, source, mode, context);
  return problem === undefined ? { files } : { problem };
}

async function addSource(
  files: DataFiles,
  source: ProjectedSource,
  mode: number,
  context: DataContext,
): Promise<string | undefined> {
  const { configMap, secret, downwardAPI, serviceAccountToken } = source;
  for (const [kind, reference] of [
    ["ConfigMap", configMap],
    ["Secret", secret],
  ] as const) {
    if (reference === undefined) continue;
    const problem = await addObject(files, kind, reference, mode, context);
    if (problem !== undefined) return problem;
  }
  for (const item of downwardAPI?.items ?? []) {
    const text = downwardText(item, context);
    if (text === undefined) return `unsupported downward API item ${item.path}`;
    files.set(item.path, { bytes: Buffer.from(text), mode: item.mode ?? mode });
  }
  if (serviceAccountToken !== undefined) {
    const { path, audience, expirationSeconds = 3600 } = serviceAccountToken;
    files.set(path, { bytes: Buffer.from(await context.token(audience, expirationSeconds)), mode });
  }
  return undefined;
}

async function addObject(
  files: DataFiles,
  kind: "ConfigMap" | "Secret",
  reference: ConfigMapSource,
  mode: number,
  context: DataContext,
): Promise<string | undefined> {
  const name = reference.name ?? "";
  const object = await context.find(kind, name);
  if (object === undefined) {
    return reference.optional === true ? undefined : `${kind.toLowerCase()} "${name}" not found`;
  }
  const content = contentOf(object);
  const items: KeyToPath[] = reference.items ?? [...content.keys()].map((key) => ({ key, path: key }));
  const templates = new Set(
    (object.metadata.annotations?.[devAnnotations.templates] ?? "").split(",").map((key) => key.trim()),
  );
  for (const item of items) {
    const bytes = content.get(item.key);
    if (bytes === undefined) {
      if (reference.optional === true) continue;
      return `references non-existent config key: ${item.key}`;
    }
    const isTemplate = templates.has(item.key) || templates.has("*");
    const final = isTemplate ? Buffer.from(context.substitute(bytes.toString("utf8"))) : bytes;
    files.set(item.path, { bytes: final, mode: item.mode ?? mode });
  }
  return undefined;
}

/** Keys and bytes of a ConfigMap or Secret. */
export function contentOf(object: KubeObject): Map<string, Buffer> {
  const { data, binaryData } = object as {
    data?: Record<string, string>;
    binaryData?: Record<string, string>;
  };
  const encoding = object.kind === "Secret" ? "base64" : "utf8";
  return new Map([
    ...Object.entries(data ?? {}).map(([key, text]): [string, Buffer] => [key, Buffer.from(text, encoding)]),
    ...Object.entries(binaryData ?? {}).map(([key, text]): [string, Buffer] => [
      key,
      Buffer.from(text, "base64"),
    ]),
  ]);
}

function downwardText(item: DownwardItem, { pod, facts, capacity }: DataContext): string | undefined {
  if (item.fieldRef !== undefined) return fieldValue(item.fieldRef, pod, facts);
  const reference = item.resourceFieldRef;
  const container = pod.spec.containers.find(({ name }) => name === reference?.containerName);
  return reference === undefined || container === undefined
    ? undefined
    : resourceFieldValue(reference, container, capacity);
}
