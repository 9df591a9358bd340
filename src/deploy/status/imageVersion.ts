import type { KubeObject } from "../../contract/index.ts";
import { podTemplateOf } from "../graph/references.ts";
import type { ImageVersion } from "./EnvironmentStatus.ts";

/** The parts of `registry.example.org:5000/group/name:tag@sha256:digest`. */
export function imageParts(image: string): { name: string; tag?: string; digest?: string } {
  const at = image.indexOf("@");
  const named = at < 0 ? image : image.slice(0, at);
  const digest = at < 0 ? undefined : shortDigest(image.slice(at + 1));
  // A colon before the last slash belongs to the registry's port.
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  return {
    name: colon < 0 ? named : named.slice(0, colon),
    ...(colon < 0 ? {} : { tag: named.slice(colon + 1) }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Twelve digits, as registries and container engines shorten them. */
const shortDigest = (text: string): string | undefined => /sha256:([0-9a-f]{12})[0-9a-f]*$/.exec(text)?.[1];

interface ContainerStatus {
  readonly name: string;
  readonly imageID?: string;
}

/** The images of the containers that an object's template has; digests are those that its pods really run, newest pod first. */
export function imagesOf(object: KubeObject, pods: readonly KubeObject[]): ImageVersion[] {
  const containers =
    (podTemplateOf(object)?.spec["containers"] as { name: string; image?: string }[] | undefined) ?? [];
  const newest = pods.toSorted((a, b) =>
    (a.metadata.creationTimestamp ?? "") < (b.metadata.creationTimestamp ?? "") ? 1 : -1,
  );
  return containers.flatMap(({ name, image }): ImageVersion[] => {
    if (image === undefined) return [];
    const { tag, digest } = imageParts(image);
    const pinned = digest ?? runningDigest(newest, name, image);
    return [
      {
        container: name,
        image,
        ...(tag === undefined ? {} : { tag }),
        ...(pinned === undefined ? {} : { digest: pinned }),
      },
    ];
  });
}

function runningDigest(pods: readonly KubeObject[], container: string, image: string): string | undefined {
  for (const pod of pods) {
    const template = (pod["spec"] as { containers?: { name: string; image?: string }[] } | undefined)
      ?.containers;
    // A pod of another version tells nothing of this one.
    if (template?.find(({ name }) => name === container)?.image !== image) continue;
    const statuses = (pod["status"] as { containerStatuses?: ContainerStatus[] } | undefined)
      ?.containerStatuses;
    const id = statuses?.find(({ name }) => name === container)?.imageID;
    const digest = id === undefined ? undefined : shortDigest(id);
    if (digest !== undefined) return digest;
  }
  return undefined;
}
