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
    driver: z.string().min(1).meta({ description: "The CSI driver: s3.csi.aws.com." }),
    handle: text()
      .optional()
      .meta({ description: "Of a volume that exists: it is mounted by a PersistentVolume and a claim." }),
    attributes: z
      .record(z.string(), text())
      .optional()
      .meta({ description: "What the driver wants to know." }),
    fsType: z.string().optional(),
    path: mountPath().optional(),
    readOnly: z.boolean().default(false),
    size: quantity()
      .default("1Ti")
      .meta({ description: "Of the PersistentVolume; a formality for most drivers." }),
    mountOptions: z.array(z.string()).optional(),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

export const csiKind = {
  ...defineKind({
    kind: "volume.csi",
    description:
      "Storage by a CSI driver: an existing volume by its handle, or an ephemeral one for each pod.",
    schema,
    outputs: ["path"],
    resolve: (_output, component) => ({ type: "text", value: pathOf(component) }),
    check: (component): Problem[] =>
      component.spec.handle === undefined ? [] : nameProblems(component, "claim"),
    render: (component, context): KubeObject[] => {
      const { spec } = component;
      if (spec.handle === undefined) return [];
      const csi = {
        driver: spec.driver,
        volumeHandle: spec.handle,
        volumeAttributes: spec.attributes,
        fsType: spec.fsType,
        readOnly: spec.readOnly || undefined,
      };
      const { size, readOnly, mountOptions } = spec;
      return finished(
        staticVolume(component, context, { size, readOnly, mountOptions, source: { csi } }),
        context,
      );
    },
  }),
  mount: (component: PlacedComponent<Spec>, context: RenderContext): PodVolume => {
    const { spec } = component;
    const inline = {
      driver: spec.driver,
      volumeAttributes: spec.attributes,
      fsType: spec.fsType,
      readOnly: spec.readOnly || undefined,
    };
    return {
      source:
        spec.handle === undefined
          ? { csi: inline }
          : { persistentVolumeClaim: { claimName: context.metadata(component).name } },
      path: pathOf(component),
      readOnly: spec.readOnly,
    };
  },
};

/** Storage by a CSI driver. */
export const csi = defineComponent(csiKind);
