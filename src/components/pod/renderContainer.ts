import type { DevContainer, KubeObject } from "../../contract/index.ts";
import type { ImageHandle, PlacedComponent, RenderContext } from "../../platform/ComponentKind.ts";
import { renderEnvironment } from "./environment.ts";
import { renderFiles, type RenderedFiles } from "./files.ts";
import { mountsOf, type Mount } from "./mounts.ts";
import { containerPorts, portsOf } from "./ports.ts";
import { renderProbes } from "./probes.ts";
import type { ProgramSpec, SidecarSpec, StepSpec } from "./program.ts";
import { renderResources } from "./resources.ts";
import { containerSecurityContext } from "./security.ts";

/** A container, and what its pod must have for it. */
export interface RenderedContainer {
  readonly container: Record<string, unknown>;
  readonly files: RenderedFiles;
  readonly mounts: readonly Mount[];
  readonly secrets: readonly string[];
  readonly configMap?: KubeObject;
  readonly dev?: DevContainer;
}

/** Which container of its pod it is. */
export interface ContainerPlace {
  readonly name: string;
  readonly image: ImageHandle | string;
  /** Keeps its files apart from the other containers'; empty for the main one. */
  readonly prefix: string;
}

/** The main container, or an init step. */
export function renderContainer(
  component: PlacedComponent<ProgramSpec>,
  spec: StepSpec,
  { name, image: imageHandle, prefix }: ContainerPlace,
  context: RenderContext,
): RenderedContainer {
  const image = context.image(imageHandle);
  const environment = renderEnvironment(spec, context);
  const files = renderFiles(spec, prefix, context);
  const mounts = mountsOf(spec.volumes, context);
  const configMap = renderConfig(
    component,
    prefix === "" ? "config" : `${name}-config`,
    spec.config,
    context,
  );
  const envFrom = [
    ...(configMap ? [{ configMapRef: { name: configMap.metadata.name } }] : []),
    ...environment.envFrom,
  ];
  return {
    files,
    mounts,
    configMap,
    secrets: environment.secrets,
    dev: image.dev,
    container: {
      name,
      image: image.ref,
      imagePullPolicy: image.pullPolicy,
      command: spec.command,
      args: spec.args,
      workingDir: spec.workingDir,
      env: orNothing(environment.env),
      envFrom: orNothing(envFrom),
      resources: renderResources(spec.resources),
      securityContext: containerSecurityContext(component.spec, context),
      volumeMounts: orNothing([...mounts.map(({ volumeMount }) => volumeMount), ...files.volumeMounts]),
    },
  };
}

/** A native sidecar (KEP-753): an init container that goes on running, and is stopped after the main container. */
export function renderSidecar(
  component: PlacedComponent<ProgramSpec>,
  name: string,
  spec: SidecarSpec,
  context: RenderContext,
): RenderedContainer {
  const rendered = renderContainer(component, spec, { name, image: spec.image, prefix: `${name}.` }, context);
  const ports = portsOf(spec.ports);
  Object.assign(rendered.container, {
    restartPolicy: "Always",
    ports: containerPorts(ports),
    ...renderProbes(spec.probes, ports.find(({ protocol }) => protocol === "TCP")?.name),
  });
  return rendered;
}

function renderConfig(
  component: PlacedComponent,
  part: string,
  config: ProgramSpec["config"],
  context: RenderContext,
): KubeObject | undefined {
  const entries = Object.entries(config ?? {});
  if (entries.length === 0) return undefined;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: context.metadata(component, { part }),
    data: Object.fromEntries(entries.map(([key, value]) => [key, String(value)])),
  };
}

/** Kubernetes takes an empty list and none for the same; none is what is compared with what is live. */
export const orNothing = <T>(list: T[]): T[] | undefined => (list.length > 0 ? list : undefined);
