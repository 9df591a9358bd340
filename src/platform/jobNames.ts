import { createHash } from "node:crypto";
import type { KubeObject } from "../contract/index.ts";

/** Jobs as their kind rendered them, by identity. */
export type RenderedJobs = ReadonlyMap<string, string>;

const hashed = /-[0-9a-f]{10}$/u;
const isHashed = ({ kind, metadata }: KubeObject): boolean =>
  kind === "Job" && hashed.test(metadata.name ?? "");

/** What Jobs are made of, before an override or the platform-wide settings change them. */
export const renderedJobs = (objects: readonly KubeObject[]): RenderedJobs =>
  new Map(objects.filter(isHashed).map((job) => [job.metadata.name ?? "", JSON.stringify(job.spec)]));

/**
 * A Job can't be changed, so its name carries a hash of what it is made of (`NAME-HASH`). What is changed after the kind has rendered it
 * has to change the name too; else the same name would mean two jobs.
 */
export function renameIfChanged(object: KubeObject, before: RenderedJobs): void {
  if (!isHashed(object)) return;
  const name = object.metadata.name ?? "";
  const spec = JSON.stringify(object.spec);
  const was = before.get(name);
  if (was === undefined || was === spec) return;
  const hash = createHash("sha256").update(name).update(spec).digest("hex").slice(0, 10);
  object.metadata.name = name.replace(hashed, `-${hash}`);
}
