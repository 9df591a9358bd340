import { z } from "zod";
import { lazily } from "../../platform/lazily.ts";
import { defineComponent, defineKind } from "../../platform/Component.ts";
import type { PlacedComponent } from "../../platform/ComponentKind.ts";
import { everyKind, mountPath, quantity } from "../fields.ts";
import { pathOf, type PodVolume } from "./PodVolume.ts";

const schema = lazily(() =>
  z.strictObject({
    ...everyKind(),
    path: mountPath().optional(),
    size: quantity().optional().meta({ description: "The pod is evicted when it grows beyond." }),
    memory: z.boolean().optional().meta({ description: "Keep it in memory." }),
  }),
);

export const emptyKind = {
  ...defineKind({
    kind: "volume.empty",
    description: "An empty folder for each pod, gone with it.",
    schema,
    outputs: ["path"],
    resolve: (_output, component) => ({ type: "text", value: pathOf(component) }),
    render: () => [],
  }),
  mount: ({ spec, ...component }: PlacedComponent<z.output<ReturnType<typeof schema>>>): PodVolume => ({
    source: {
      emptyDir: {
        medium: spec.memory === true ? "Memory" : undefined,
        sizeLimit: spec.size && String(spec.size),
      },
    },
    path: pathOf({ ...component, spec }),
    readOnly: false,
  }),
};

/** An empty folder for each pod. */
export const empty = defineComponent(emptyKind);
