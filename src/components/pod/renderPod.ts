import {
  annotations as moorageAnnotations,
  devAnnotations,
  labels as labelNames,
  type DevContainer,
  type DevContainers,
  type KubeObject,
} from "../../contract/index.ts";
import type {
  PlacedComponent,
  RenderContext,
  ResolvedImage,
  SecretDeclaration,
} from "../../platform/ComponentKind.ts";
import { digest } from "../digest.ts";
import { secondsOf, type Duration } from "../fields.ts";
import { withTexts } from "../finished.ts";
import type { EnvVar } from "./environment.ts";
import { filesConfigMap, filesSecret, filesVolume, merged, renderFiles, secretFilesVolume } from "./files.ts";
import { orNothing, renderContainer, renderSidecar, type RenderedContainer } from "./renderContainer.ts";
import { renderServiceAccount } from "./renderServiceAccount.ts";
import { renderPlacement } from "./placement.ts";
import { containerPorts, type NamedPort } from "./ports.ts";
import { renderProbes, type ProbesSpec } from "./probes.ts";
import type { ProgramSpec } from "./program.ts";
import { podSecurityContext } from "./security.ts";

export interface PodOptions {
  readonly ports?: readonly NamedPort[];
  readonly probes?: ProbesSpec;
  readonly restartPolicy?: "Always" | "OnFailure" | "Never";
  readonly lifecycle?: object;
  readonly gracePeriod?: Duration;
  /** How the main container runs in the sandbox, if not as its image says. */
  readonly dev?: DevContainer;
  /** What the kind itself adds to the main container: variables that read these Secrets, volumes. */
  readonly own?: { configMaps?: KubeObject[]; env?: EnvVar[]; volumes?: object[]; volumeMounts?: object[] };
  /** Jobs leave it out: a new password is no reason to run a migration again. */
  readonly secretHash?: boolean;
}

/** A pod, and what must be there for it. */
export interface RenderedPod {
  readonly template: {
    metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
    spec: Record<string, unknown>;
  };
  /** ConfigMaps and the service account. */
  readonly objects: KubeObject[];
  readonly image: ResolvedImage;
}

/** A pod template for one program, with its sidecars and init steps. */
export function renderPod(
  component: PlacedComponent<ProgramSpec>,
  context: RenderContext,
  options: PodOptions = {},
): RenderedPod {
  const { spec } = component;
  const image = context.image(spec.image);
  const ports = options.ports ?? [];
  const main = renderContainer(
    component,
    spec,
    { name: component.key, image: spec.image, prefix: "" },
    context,
  );
  const own = options.own ?? {};
  const { env = [], volumeMounts = [] } = main.container as { env?: EnvVar[]; volumeMounts?: object[] };
  Object.assign(main.container, {
    env: orNothing([...(own.env ?? []), ...env]),
    volumeMounts: orNothing([...(own.volumeMounts ?? []), ...volumeMounts]),
    ports: containerPorts(ports),
    ...renderProbes(options.probes, ports.find(({ protocol }) => protocol === "TCP")?.name),
    lifecycle: options.lifecycle,
  });
  const init = Object.entries(spec.init ?? {}).map(([name, step]) =>
    renderContainer(component, step, { name, image: step.image ?? spec.image, prefix: `${name}.` }, context),
  );
  const sidecars = Object.entries(spec.sidecars ?? {}).map(([name, one]) =>
    renderSidecar(component, name, one, context),
  );

  const containers = [...sidecars, ...init, main];
  const files = containers.map((one) => one.files);
  const configMaps = [
    ...(own.configMaps ?? []),
    ...containers.flatMap(({ configMap }) => (configMap ? [configMap] : [])),
    ...present(filesConfigMap(component, files, context)),
  ];
  const secretFiles = filesSecret(component, files, context);
  const secrets = new Set(containers.flatMap((one) => [...one.secrets, ...one.files.secrets]));
  if (secretFiles) secrets.add(secretFiles.name);
  for (const { valueFrom } of own.env ?? [])
    if (valueFrom?.secretKeyRef) secrets.add(valueFrom.secretKeyRef.name);

  const account = renderServiceAccount(component, context);
  const metadata = context.metadata(component);
  const config = withTexts(
    configMaps.map(({ data, binaryData }) => ({ data, binaryData })),
    context,
  );
  const annotations = {
    ...spec.annotations,
    ...(configMaps.length > 0 && { [moorageAnnotations.configHash]: digest(config) }),
    ...(options.secretHash !== false && secretHashAnnotation([...secrets], context)),
    ...(context.sandbox && {
      [devAnnotations.containers]: JSON.stringify(devContainers(containers, options.dev)),
    }),
  };
  return {
    image,
    objects: [...configMaps, ...present(account.object)],
    template: {
      metadata: {
        labels: { ...spec.labels, ...metadata.labels, ...versionLabel(image) },
        ...(Object.keys(annotations).length > 0 && { annotations }),
      },
      spec: {
        restartPolicy: options.restartPolicy,
        serviceAccountName: account.name,
        automountServiceAccountToken: account.token,
        terminationGracePeriodSeconds: secondsOf(options.gracePeriod ?? spec.gracePeriod ?? 30),
        securityContext: podSecurityContext(spec, context),
        imagePullSecrets: spec.imagePullSecrets?.map((name) => ({ name })),
        ...renderPlacement(spec.placement, context.selector(component)),
        // Sidecars first: they then run while the init steps do.
        initContainers: orNothing([...sidecars, ...init].map(({ container }) => container)),
        containers: [main.container],
        volumes: orNothing([
          ...(own.volumes ?? []),
          ...podVolumes(component, containers, secretFiles, context),
        ]),
      },
    },
  };
}

/** Secrets that a program brings along: files with secrets in them. */
export function podSecrets(
  component: PlacedComponent<ProgramSpec>,
  context: RenderContext,
): SecretDeclaration[] {
  const { spec } = component;
  const files = [
    ...Object.entries(spec.sidecars ?? {}).map(([name, one]) => renderFiles(one, `${name}.`, context)),
    ...Object.entries(spec.init ?? {}).map(([name, one]) => renderFiles(one, `${name}.`, context)),
    renderFiles(spec, "", context),
  ];
  return present(filesSecret(component, files, context));
}

function podVolumes(
  component: PlacedComponent,
  containers: readonly RenderedContainer[],
  secretFiles: SecretDeclaration | undefined,
  context: RenderContext,
): object[] {
  const volumes = new Map<string, object>();
  for (const { name, volume } of containers.flatMap(({ mounts }) => mounts))
    volumes.set(name, { name, ...volume.source });
  const modes = merged(containers.map(({ files }) => files.modes));
  const items = (keys: readonly string[]) =>
    keys.some((key) => key in modes) ? keys.map((key) => ({ key, path: key, mode: modes[key] })) : undefined;
  const keys = containers.flatMap(({ files: { configMap } }) => [
    ...Object.keys(configMap.data),
    ...Object.keys(configMap.binaryData),
  ]);
  if (keys.length > 0) {
    const { name } = context.metadata(component, { part: "files" });
    volumes.set(filesVolume, { name: filesVolume, configMap: { name, items: items(keys) } });
  }
  if (secretFiles) {
    const secret = { secretName: secretFiles.name, items: items(Object.keys(secretFiles.keys)) };
    volumes.set(secretFilesVolume, { name: secretFilesVolume, secret });
  }
  return [...volumes.values()];
}

const secretHashAnnotation = (
  secrets: readonly string[],
  context: RenderContext,
): Record<string, string> | undefined => {
  const hash = secrets.length === 0 ? undefined : context.secretHash(secrets);
  return hash === undefined ? undefined : { [moorageAnnotations.secretHash]: hash };
};

/** Containers without an entry can't run in the sandbox; the pod says so. */
function devContainers(
  containers: readonly RenderedContainer[],
  main: DevContainer | undefined,
): DevContainers {
  const entries = containers.flatMap(({ container, dev }, index) => {
    const own = index === containers.length - 1 ? (main ?? dev) : dev;
    return own === undefined ? [] : [[String(container.name), own] as const];
  });
  return Object.fromEntries(entries);
}

/** A version may hold what no label may; then it is left out. */
export const versionLabel = (image: ResolvedImage): Record<string, string> | undefined =>
  image.version !== undefined && /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/u.test(image.version)
    ? { [labelNames.version]: image.version }
    : undefined;

const present = <T>(value: T | undefined): T[] => (value === undefined ? [] : [value]);
