import type { KubeObject } from "../../../contract/index.ts";
import { isAlreadyExists } from "../../../kube/KubeError.ts";
import type { ControllerContext } from "../runtime/Controller.ts";
import { controllerReference } from "./controllerRef.ts";
import { isEqual, templateHash } from "./hash.ts";
import type { PodTemplate } from "./Pod.ts";
import type { ControllerRevision } from "./workloads.ts";

export const revisionLabel = "controller-revision-hash";

interface Owner extends KubeObject {
  spec: { template: PodTemplate; revisionHistoryLimit?: number };
}

/** What a revision keeps: the patch that `kubectl rollout undo` applies. */
const dataOf = (owner: Owner): unknown => ({
  spec: { template: { ...owner.spec.template, $patch: "replace" } },
});

const store = (owner: KubeObject, context: ControllerContext): ControllerRevision[] =>
  context
    .store<ControllerRevision>("apps/v1", "ControllerRevision")
    .controlledBy(owner.metadata.uid!)
    .toSorted((a, b) => a.revision - b.revision);

/**
 * The revision of the template of today, made when it is new, and the newest when it is an old one that came back. Names come from the template: made once,
 * however often this is cut off.
 */
export async function currentRevision(
  owner: Owner,
  context: ControllerContext,
): Promise<{ update: ControllerRevision; all: ControllerRevision[] }> {
  const all = store(owner, context);
  const data = dataOf(owner);
  const same = all.findLast((revision) => isEqual(revision.data, data));
  const highest = all.at(-1)?.revision ?? 0;
  if (same && same.revision === highest) return { update: same, all };
  if (same) {
    const update = await context.write.patch(same, "merge", { revision: highest + 1 });
    return { update, all: store(owner, context) };
  }
  for (let collisions = 0; ; collisions++) {
    const hash = templateHash(owner.spec.template, collisions);
    const revision: ControllerRevision = {
      apiVersion: "apps/v1",
      kind: "ControllerRevision",
      metadata: {
        name: `${owner.metadata.name}-${hash}`,
        namespace: owner.metadata.namespace,
        labels: { ...owner.spec.template.metadata?.labels, [revisionLabel]: hash },
        ...(owner.metadata.annotations === undefined ? {} : { annotations: owner.metadata.annotations }),
        ownerReferences: [controllerReference(owner)],
      },
      data,
      revision: highest + 1,
    };
    try {
      const update = await context.write.create(revision);
      return { update, all: store(owner, context) };
    } catch (error) {
      if (!isAlreadyExists(error) || collisions > 5) throw error;
    }
  }
}

/** The template that a revision keeps. */
export function templateOf(revision: ControllerRevision): PodTemplate {
  const { $patch: _, ...template } = (
    revision.data as { spec: { template: PodTemplate & { $patch?: string } } }
  ).spec.template;
  return template;
}

/** Deletes the oldest revisions that nothing uses, down to the history limit. */
export async function forgetRevisions(
  owner: Owner,
  used: ReadonlySet<string>,
  context: ControllerContext,
): Promise<void> {
  const unused = store(owner, context).filter((revision) => !used.has(revision.metadata.name!));
  const surplus = unused.length - (owner.spec.revisionHistoryLimit ?? 10);
  for (const revision of unused.slice(0, Math.max(0, surplus))) await context.write.delete(revision);
}
