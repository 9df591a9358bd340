import type { Container, Handler, PodSpec, PodTemplate, Probe, Volume } from "./shapes.ts";

/** Defaults of a pod's spec wherever it stands: in a Pod or in a template. (core/v1/defaults.go) */
export function defaultPodSpec(spec: PodSpec): void {
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  // Less than none is as little as there is.
  if (spec.terminationGracePeriodSeconds < 0) spec.terminationGracePeriodSeconds = 1;
  spec.dnsPolicy ??= "ClusterFirst";
  // The old name of the field is served too, always the same.
  if (spec.serviceAccountName) spec.serviceAccount = spec.serviceAccountName;
  else if (spec.serviceAccount) spec.serviceAccountName = spec.serviceAccount;
  spec.securityContext ??= {};
  spec.schedulerName ??= "default-scheduler";
  for (const container of spec.containers ?? []) defaultContainer(container, spec.hostNetwork === true);
  for (const container of spec.initContainers ?? []) defaultContainer(container, spec.hostNetwork === true);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container, false);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

export function defaultTemplate(template: PodTemplate): void {
  template.metadata ??= {};
  defaultPodSpec((template.spec ??= {}));
}

function defaultContainer(container: Container, hostNetwork: boolean): void {
  container.resources ??= {};
  container.terminationMessagePath ??= "/dev/termination-log";
  container.terminationMessagePolicy ??= "File";
  container.imagePullPolicy ??= pullPolicyOf(container.image ?? "");
  for (const port of container.ports ?? []) {
    port.protocol ??= "TCP";
    if (hostNetwork) port.hostPort ??= port.containerPort;
  }
  for (const { valueFrom } of container.env ?? []) {
    if (valueFrom?.fieldRef) valueFrom.fieldRef.apiVersion ??= "v1";
    if (valueFrom?.resourceFieldRef) valueFrom.resourceFieldRef.divisor ??= "0";
  }
  defaultProbe(container.livenessProbe);
  defaultProbe(container.readinessProbe);
  defaultProbe(container.startupProbe);
  defaultHandler(container.lifecycle?.postStart);
  defaultHandler(container.lifecycle?.preStop);
}

/** `Always` for `latest` and for no tag at all; a digest fixes the image. */
function pullPolicyOf(image: string): string {
  if (image.includes("@")) return "IfNotPresent";
  const tag = /:([^/:]+)$/.exec(image)?.[1];
  return tag === undefined || tag === "latest" ? "Always" : "IfNotPresent";
}

function defaultHandler(handler: Handler | undefined): void {
  if (handler?.httpGet) {
    handler.httpGet.path ||= "/";
    handler.httpGet.scheme ||= "HTTP";
  }
  if (handler?.grpc) handler.grpc.service ??= "";
}

function defaultProbe(probe: Probe | undefined): void {
  if (probe === undefined) return;
  defaultHandler(probe);
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

type Source = Record<string, unknown>;

function defaultVolume(volume: Volume): void {
  let sources = 0;
  for (const field in volume) if (field !== "name") sources++;
  if (sources === 0) volume["emptyDir"] = {};
  for (const field of ["secret", "configMap", "downwardAPI", "projected"]) {
    const source = volume[field] as Source | undefined;
    if (source !== undefined) source["defaultMode"] ??= 420;
  }
  defaultDownward(volume["downwardAPI"] as Source | undefined);
  const projected = volume["projected"] as Source | undefined;
  for (const source of (projected?.["sources"] as Source[] | undefined) ?? []) {
    const token = source["serviceAccountToken"] as Source | undefined;
    if (token !== undefined) token["expirationSeconds"] ??= 3600;
    defaultDownward(source["downwardAPI"] as Source | undefined);
  }
  const host = volume["hostPath"] as Source | undefined;
  if (host !== undefined) host["type"] ??= "";
  const template = (volume["ephemeral"] as Source | undefined)?.["volumeClaimTemplate"] as Source | undefined;
  const claim = template?.["spec"] as Source | undefined;
  if (claim !== undefined) claim["volumeMode"] ??= "Filesystem";
}

function defaultDownward(source: Source | undefined): void {
  for (const item of (source?.["items"] as Source[] | undefined) ?? []) {
    const field = item["fieldRef"] as Source | undefined;
    if (field !== undefined) field["apiVersion"] ??= "v1";
    const resource = item["resourceFieldRef"] as Source | undefined;
    if (resource !== undefined) resource["divisor"] ??= "0";
  }
}
