import type { KubeObject } from "../contract/index.ts";
import type { Rendering } from "../platform/index.ts";

/** On a pod template: this version of the component is the one that the scenario fails. */
export const markAnnotation = "moorage.dev/rehearsal";

interface Template {
  metadata?: { annotations?: Record<string, string> };
}

/** Where a kind keeps the template of pods that a deploy waits for. */
const templated: Readonly<Record<string, true>> = {
  Deployment: true,
  StatefulSet: true,
  DaemonSet: true,
  Job: true,
};

/** Components whose pods a deploy starts and waits for. */
export const componentsWithPods = (rendering: Rendering): ReadonlySet<string> =>
  new Set(
    rendering.objects.flatMap(({ object, component }) =>
      component !== undefined && templated[object.kind] === true ? [component] : [],
    ),
  );

/**
 * The rendering in which these components come in a new version that differs in nothing but a mark on its pods: so there is a rollout even
 * when the platform file is what is deployed already, and going back is going back to pods without the mark.
 */
export function markRollout(rendering: Rendering, components: Iterable<string>, mark: string): Rendering {
  const marked = new Set(components);
  if (marked.size === 0) return rendering;
  return {
    ...rendering,
    objects: rendering.objects.map((rendered) =>
      rendered.component !== undefined && marked.has(rendered.component)
        ? { ...rendered, object: withMark(rendered.object, mark) }
        : rendered,
    ),
  };
}

function withMark(object: KubeObject, mark: string): KubeObject {
  if (templated[object.kind] !== true) return object;
  const spec = object.spec as { template?: Template };
  const { template = {} } = spec;
  const annotations = { ...template.metadata?.annotations, [markAnnotation]: mark };
  const marked = { ...template, metadata: { ...template.metadata, annotations } };
  // A job is never changed: another version of it has another name.
  const metadata =
    object.kind === "Job" ? { ...object.metadata, name: `${object.metadata.name}-${mark}` } : object.metadata;
  return { ...object, metadata, spec: { ...spec, template: marked } };
}
