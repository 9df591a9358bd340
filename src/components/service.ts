import { z } from "zod";
import { lazily } from "../platform/lazily.ts";
import type { KubeObject } from "../contract/index.ts";
import { defineComponent, defineKind } from "../platform/Component.ts";
import type { PlacedComponent, RenderContext } from "../platform/ComponentKind.ts";
import { checkDeployment, deploymentFields, isRolling, renderDeployment } from "./deployment.ts";
import { exposeField } from "./expose/exposeFields.ts";
import { checkExpose, renderExpose } from "./expose/renderExpose.ts";
import { duration, secondsOf } from "./fields.ts";
import { finished } from "./finished.ts";
import { nameProblems } from "./finding.ts";
import { checkPod } from "./pod/checkPod.ts";
import { portsField, portsOf, servicePorts, type NamedPort } from "./pod/ports.ts";
import { longRunningFields } from "./pod/program.ts";
import { podSecrets, renderPod } from "./pod/renderPod.ts";

const schema = lazily(() =>
  z.strictObject({
    ...longRunningFields(),
    ...deploymentFields(),
    ports: portsField().default(8080),
    stopDelay: duration()
      .optional()
      .meta({ description: "How long a pod that is to stop goes on serving, until everybody has heard." }),
    expose: exposeField(),
  }),
);

type Spec = z.output<ReturnType<typeof schema>>;

export const serviceKind = defineKind({
  kind: "service",
  description: "A program that serves: a Deployment and a Service.",
  schema,
  outputs: ["url", "host", "port"],
  resolve: (output, component) => addressOf(component, portsOf(component.spec.ports), output),
  secrets: podSecrets,
  check: (component, context) => {
    const ports = portsOf(component.spec.ports);
    return [
      ...nameProblems(component, "Service"),
      ...checkPod(component, context, ports),
      ...checkDeployment(component, context).filter(({ message }) => !message.startsWith("its Deployment")),
      ...checkExpose(component, ports, context),
    ];
  },
  render: (component, context) => {
    const ports = portsOf(component.spec.ports);
    const delay = stopDelayOf(component, context);
    const pod = renderPod(component, context, {
      ports,
      probes: component.spec.probes,
      gracePeriod: secondsOf(component.spec.gracePeriod ?? 30) + delay,
      lifecycle: delay > 0 ? { preStop: { sleep: { seconds: delay } } } : undefined,
    });
    return finished(
      [
        ...renderDeployment(component, context, pod),
        serviceObject(component, context, ports),
        ...renderExpose(component, ports, context),
      ],
      context,
    );
  },
});

/** Kubernetes tells the program to stop and the others to send nothing more at the same moment; who hears late must still be served. */
const stopDelayOf = (component: PlacedComponent<Spec>, context: RenderContext): number =>
  secondsOf(component.spec.stopDelay ?? (isRolling(component, context) ? 3 : 0));

/** The Service in front of a component's pods. */
export const serviceObject = (
  component: PlacedComponent,
  context: RenderContext,
  ports: readonly NamedPort[],
): KubeObject => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: context.metadata(component),
  spec: { selector: context.selector(component), ports: servicePorts(ports) },
});

/** `url`, `host` and `port` of a component with a Service; the first port counts. */
export function addressOf(
  component: PlacedComponent,
  ports: readonly NamedPort[],
  output: "url" | "host" | "port",
  scheme = "http",
): { type: "text"; value: string } {
  const port = ports[0]?.service ?? 80;
  const values = { url: `${scheme}://${component.name}:${port}`, host: component.name, port: String(port) };
  return { type: "text", value: values[output] };
}

/** A program that serves: a Deployment and a Service. Its address is `.url`. */
export const service = defineComponent(serviceKind);
