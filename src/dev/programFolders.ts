import { devAnnotations, type DevContainers, type KubeObject } from "../contract/index.ts";
import type { Rendering } from "../platform/index.ts";

/** The folders of all programs that a rendering runs in the sandbox: what `moorage dev` watches beside the platform file. */
export function programFolders(rendering: Pick<Rendering, "objects">): string[] {
  const folders = new Set<string>();
  for (const { object } of rendering.objects) {
    const text = podMetadata(object)?.annotations?.[devAnnotations.containers];
    if (text === undefined) continue;
    for (const container of Object.values(JSON.parse(text) as DevContainers)) {
      if (container.cwd !== undefined) folders.add(container.cwd);
    }
  }
  return [...folders].toSorted();
}

type Template = { metadata?: { annotations?: Record<string, string> } };

/** Metadata of the pods that an object makes, wherever its kind keeps the template. */
function podMetadata(object: KubeObject): Template["metadata"] | undefined {
  if (object.kind === "Pod") return object.metadata;
  const spec = object.spec as
    | { template?: Template; jobTemplate?: { spec?: { template?: Template } } }
    | undefined;
  return (spec?.jobTemplate?.spec?.template ?? spec?.template)?.metadata;
}
