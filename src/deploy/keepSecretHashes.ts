import { annotations, type KubeObject } from "../contract/index.ts";
import { isForbidden } from "../kube/KubeError.ts";
import type { Rendering } from "../platform/index.ts";
import type { Context } from "./DeployContext.ts";
import { inParallel } from "./inParallel.ts";
import { refOf } from "./objectKey.ts";

interface Template {
  metadata?: { annotations?: Record<string, string> };
}

/**
 * For an account that may not read the key of the hashes which pods carry of their Secrets: the hashes that are live stand for what cannot be known. Otherwise whoever may only look
 * would be shown a rollout that nobody wants, another at each time.
 */
export async function keepSecretHashes(rendering: Rendering, context: Context): Promise<Rendering> {
  const objects = await inParallel(rendering.objects, context.concurrency, async (rendered) => {
    const { object } = rendered;
    if (hashIn(object) === undefined) return rendered;
    const ref = refOf({ ...object, metadata: { namespace: rendering.namespace, ...object.metadata } });
    const live = await context.client.find(ref, { signal: context.signal }).catch((error: unknown) => {
      if (!isForbidden(error)) throw error;
    });
    const hash = live && hashIn(live);
    if (hash === undefined) return rendered;
    const changed = structuredClone(object);
    for (const template of templatesOf(changed))
      if (template.metadata?.annotations?.[annotations.secretHash] !== undefined)
        template.metadata.annotations[annotations.secretHash] = hash;
    return { ...rendered, object: changed };
  });
  return { ...rendering, objects };
}

/** Where a workload, or a CronJob, keeps the template of its pods. */
function templatesOf(object: KubeObject): Template[] {
  const { template, jobTemplate } = (object["spec"] ?? {}) as {
    template?: Template;
    jobTemplate?: { spec?: { template?: Template } };
  };
  return [template, jobTemplate?.spec?.template].filter((one) => one !== undefined);
}

const hashIn = (object: KubeObject): string | undefined =>
  templatesOf(object)
    .map(({ metadata }) => metadata?.annotations?.[annotations.secretHash])
    .find((hash) => hash !== undefined);
