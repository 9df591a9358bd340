import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import type { KubeObject, Problem } from "../../contract/index.ts";
import { defineComponent, defineKind } from "../../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { everyKind, mountPath, quantity, text } from "../fields.ts";
import { finished } from "../finished.ts";
import { nameProblems } from "../finding.ts";
import { pathOf, type PodVolume } from "./PodVolume.ts";
import { staticVolume } from "./staticVolume.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    server: text().meta({ description: "Host name or address of the NFS server." }),
    export: mountPath().meta({ description: "The exported folder." }),
    path: mountPath().optional(),
    readOnly: z.boolean().default(false),
    size: quantity().default("1Ti").meta({ description: "A formality: NFS doesn't enforce it." }),
    mountOptions: z.array(z.string()).optional(),
    inline: z.boolean().default(false).meta({
      description:
        "Mount it without PersistentVolume and claim: needs no cluster-wide right, but not Pod Security restricted.",
    }),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

export const nfsKind = {
  ...defineKind({
    kind: "volume.nfs",
    description: "A folder of an NFS server, by a PersistentVolume and a claim, or inline.",
    schema,
    outputs: ["path"],
    resolve: (_output, component) => ({ type: "text", value: pathOf(component) }),
    check: (component): Problem[] => (component.spec.inline ? [] : nameProblems(component, "claim")),
    render: (component, context): KubeObject[] => {
      const { spec } = component;
      if (spec.inline) return [];
      return finished(
        staticVolume(component, context, {
          size: spec.size,
          readOnly: spec.readOnly,
          mountOptions: spec.mountOptions,
          source: { nfs: { server: spec.server, path: spec.export, readOnly: spec.readOnly || undefined } },
        }),
        context,
      );
    },
  }),
  mount: (component: PlacedComponent<Spec>, context: RenderContext): PodVolume => {
    const { spec } = component;
    const readOnly = spec.readOnly || undefined;
    return {
      source: spec.inline
        ? { nfs: { server: spec.server, path: spec.export, readOnly } }
        : { persistentVolumeClaim: { claimName: context.metadata(component).name } },
      path: pathOf(component),
      readOnly: spec.readOnly,
      unrestricted: spec.inline ? "an inline NFS volume" : undefined,
    };
  },
};

/** A folder of an NFS server. */
export const nfs = defineComponent(nfsKind);
