import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import { checkDeployment, deploymentFields, renderDeployment } from "./deployment.ts";
import { checkDrain, drainField, drainGracePeriod, drainLifecycle, drainVariables } from "./drain.ts";
import { secondsOf } from "./fields.ts";
import { finished } from "./finished.ts";
import { checkPod } from "./pod/checkPod.ts";
import { longRunningFields } from "./pod/program.ts";
import { podSecrets, renderPod } from "./pod/renderPod.ts";

const schema = lazily(() =>
  z.strictObject({
    ...longRunningFields(),
    ...deploymentFields(),
    drain: drainField(),
  }),
);

export const workerKind = defineKind({
  kind: "worker",
  description: "A program that takes work from elsewhere: a Deployment without a Service.",
  schema,
  outputs: [],
  resolve: () => ({ type: "text", value: "" }),
  secrets: podSecrets,
  check: (component, context) => [
    ...checkPod(component, context),
    ...checkDeployment(component, context),
    ...checkDrain(component),
  ],
  render: (component, context) => {
    const { spec } = component;
    const env = { ...drainVariables(spec), ...spec.env };
    const pod = renderPod({ ...component, spec: { ...spec, env } }, context, {
      probes: spec.probes,
      lifecycle: drainLifecycle(spec),
      gracePeriod: Math.max(secondsOf(spec.gracePeriod ?? 30), drainGracePeriod(spec)),
    });
    return finished(renderDeployment(component, context, pod), context);
  },
});

/** A program that takes work from elsewhere. */
export const worker = defineComponent(workerKind);
