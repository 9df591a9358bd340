import { z } from "zod";
import { MoorageError, type Problem } from "../../contract/index.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { componentRef } from "../../platform/fields.ts";
import { mountPath } from "../fields.ts";
import { finding } from "../finding.ts";
import { volumeKinds } from "../volume/kinds.ts";
import type { PodVolume, VolumeKind } from "../volume/PodVolume.ts";

const volumeRef = () => componentRef(...volumeKinds.map(({ kind }) => kind));

export const volumesField = () =>
  z
    .array(
      z.union(
        [
          volumeRef(),
          z.strictObject({
            volume: volumeRef(),
            path: mountPath().optional().meta({ description: "Instead of the volume's own path." }),
            subPath: z
              .string()
              .optional()
              .meta({ description: "A folder in the volume, in place of the whole." }),
            readOnly: z.boolean().optional(),
          }),
        ],
        { error: "expected a volume, or { volume, path, subPath, readOnly }" },
      ),
    )
    .optional()
    .meta({ description: "Volumes, each at its own path." });

export type VolumesSpec = z.output<ReturnType<typeof volumesField>>;

export interface Mount {
  /** Name of the pod's volume: the key of the volume component. */
  readonly name: string;
  readonly kind: string;
  readonly volume: PodVolume;
  readonly volumeMount: { name: string; mountPath: string; subPath?: string; readOnly?: boolean };
}

/** The mounts of one container. */
export function mountsOf(spec: VolumesSpec, context: RenderContext): Mount[] {
  return (spec ?? []).map((entry) => {
    const detailed = typeof entry === "object" && "volume" in entry ? entry : { volume: entry };
    const placed = context.placed(detailed.volume);
    const volume = podVolumeOf(placed, context);
    return {
      name: placed.key,
      kind: placed.kind,
      volume,
      volumeMount: {
        name: placed.key,
        mountPath: detailed.path ?? volume.path,
        subPath: detailed.subPath,
        readOnly: (detailed.readOnly ?? volume.readOnly) ? true : undefined,
      },
    };
  });
}

/** What a volume component is to a pod. */
export function podVolumeOf(placed: PlacedComponent, context: RenderContext): PodVolume {
  const kind = volumeKinds.find((one) => one.kind === placed.kind) as VolumeKind | undefined;
  // `componentRef` takes any key in YAML: only here is known what it names.
  if (!kind) {
    throw new MoorageError("PlatformInvalid", `${placed.key} is a ${placed.kind}, not a volume`, {
      path: `components.${placed.key}`,
      exitCode: 2,
    });
  }
  return kind.mount(placed, context);
}

export function checkMounts(
  component: PlacedComponent,
  spec: VolumesSpec,
  files: readonly string[],
  context: RenderContext,
): Problem[] {
  const problems: Problem[] = [];
  const paths = new Set(files);
  for (const entry of spec ?? []) {
    const placed = context.placed(typeof entry === "object" && "volume" in entry ? entry.volume : entry);
    if (!volumeKinds.some((one) => one.kind === placed.kind)) {
      problems.push(
        finding(component, "volumes", `${placed.key} is a ${placed.kind}, not a volume`, {
          hint: `volumes are made by ${volumeKinds.map(({ kind }) => kind).join(", ")}`,
        }),
      );
    }
  }
  if (problems.length > 0) return problems;
  for (const { name, volume, volumeMount } of mountsOf(spec, context)) {
    if (paths.has(volumeMount.mountPath)) {
      problems.push(
        finding(component, "volumes", `two things are mounted at ${volumeMount.mountPath}`, {
          hint: "give one another path",
        }),
      );
    }
    paths.add(volumeMount.mountPath);
    if (
      volume.unrestricted !== undefined &&
      (context.podSecurity === "restricted" || context.flavor === "openshift")
    ) {
      problems.push(
        finding(
          component,
          "volumes",
          `${name} is ${volume.unrestricted}, which Pod Security "restricted" refuses`,
          {
            hint: "leave out `inline`, so that it is mounted by a PersistentVolume and a claim",
          },
        ),
      );
    }
  }
  return problems;
}
