import { createHash } from "node:crypto";
import type { KubeObject, ManagedFieldsEntry } from "../../contract/index.ts";
import { isMap, ownValue } from "./deepEqual.ts";
import { formatPath, type Segment } from "./fieldPath.ts";
import { touchesFields, type FieldsV1 } from "./ownedFields.ts";

/**
 * What an object that is to be deleted held when that was approved: by field, a digest. Statuses and what controllers write as things go on are not in it. Of a Secret's values it
 * says who wrote them and when, and nothing that follows from the values.
 */
export type ApprovedContent = Readonly<Record<string, string>>;

/** Annotations that controllers and kubectl write on their own account. */
const bookkeeping =
  /^(deployment\.kubernetes\.io|pv\.kubernetes\.io|volume\.(beta\.)?kubernetes\.io|autoscaling\.alpha\.kubernetes\.io|control-plane\.alpha\.kubernetes\.io|kubectl\.kubernetes\.io\/last-applied-configuration$|dev\.moorage\.dev)/;
/** In a pod template: a restart is no other content. */
const restarts = /^(kubectl\.kubernetes\.io\/restartedAt|moorage\.dev\/(restarted-at|secret-hash))$/;
/** Field managers of Kubernetes' own controllers: an autoscaler's replicas, the volume of a claim. */
const controllers =
  /^(kube-controller-manager|kube-scheduler|kubelet|cluster-autoscaler|.*-controller-manager)$/;

export function approvedContent(live: KubeObject): ApprovedContent {
  return Object.fromEntries(
    [...leavesOf(live)]
      .map(([path, leaf]) => [path, digestOf(leaf, live)] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** What somebody changed since: each field, and by which field manager where that is known. Nothing when only controllers did. */
export function changedSince(approved: ApprovedContent, live: KubeObject): string[] {
  const now = leavesOf(live);
  const changed = new Map<string, ManagedFieldsEntry | undefined>();
  for (const [path, leaf] of now) {
    if (approved[path] === digestOf(leaf, live)) continue;
    const writer = holdersOf(leaf.path, live)[0];
    if (!isControllers(writer)) changed.set(path, writer);
  }
  for (const path of Object.keys(approved)) {
    if (now.has(path)) continue;
    // Nobody has a field that is gone. What went with all below it is told by what stands there now.
    if (![...changed.keys()].some((one) => isWithin(path, one) || isWithin(one, path)))
      changed.set(path, undefined);
  }
  return [...changed].map(([path, writer]) =>
    writer?.manager === undefined ? path : `${path} (${writer.manager})`,
  );
}

const isWithin = (path: string, outer: string): boolean =>
  path.startsWith(`${outer}.`) || path.startsWith(`${outer}[`);

interface Leaf {
  readonly path: readonly Segment[];
  readonly value: unknown;
}

function leavesOf(live: KubeObject): Map<string, Leaf> {
  const { apiVersion: _version, kind: _kind, status: _status, metadata, ...rest } = live;
  const annotations = Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([name]) => !bookkeeping.test(name)),
  );
  const leaves = new Map<string, Leaf>();
  const walk = (value: unknown, path: readonly Segment[]): void => {
    if (isMap(value) && Object.keys(value).length > 0)
      for (const [field, child] of Object.entries(value)) {
        if (!restarts.test(field)) walk(child, [...path, { field }]);
      }
    else if (isNamed(value)) for (const item of value) walk(item, [...path, { item: { name: item.name } }]);
    else leaves.set(formatPath(path), { path, value });
  };
  const told = { labels: metadata.labels ?? {}, annotations };
  for (const [name, values] of Object.entries(told))
    for (const [field, value] of Object.entries(values))
      walk(value, [{ field: "metadata" }, { field: name }, { field }]);
  for (const [field, value] of Object.entries(rest)) walk(value, [{ field }]);
  return leaves;
}

/** A list whose items are told by their names: containers, variables, volumes. */
function isNamed(value: unknown): value is (Record<string, unknown> & { readonly name: string })[] {
  if (!Array.isArray(value) || value.length === 0) return false;
  const names = value.map((item: unknown) => (isMap(item) ? ownValue(item, "name") : undefined));
  return names.every((name) => typeof name === "string") && new Set(names).size === names.length;
}

function digestOf({ path, value }: Leaf, live: KubeObject): string {
  const [first] = path;
  const isSecret =
    live.kind === "Secret" && first !== undefined && "field" in first && /^(stringD|d)ata$/.test(first.field);
  const told = isSecret
    ? holdersOf(path, live).map(({ manager = "", operation = "", time = "" }) => [manager, operation, time])
    : value;
  return createHash("sha256").update(JSON.stringify(told, inOrder)).digest("hex").slice(0, 16);
}

function inOrder(_name: string, value: unknown): unknown {
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Who has a field; who wrote last comes first. */
function holdersOf(path: readonly Segment[], { metadata }: KubeObject): ManagedFieldsEntry[] {
  return (metadata.managedFields ?? [])
    .filter(({ fieldsV1, subresource }) => {
      const fields = (fieldsV1 ?? {}) as FieldsV1;
      return subresource !== "status" && Object.keys(fields).length > 0 && touchesFields(fields, path);
    })
    .toSorted((a, b) => ((a.time ?? "") < (b.time ?? "") ? 1 : (a.time ?? "") > (b.time ?? "") ? -1 : 0));
}

const isControllers = (writer: ManagedFieldsEntry | undefined): boolean =>
  controllers.test(writer?.manager ?? "");
