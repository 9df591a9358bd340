import {
  containersOf,
  containersText,
  namesWhere,
  plural,
  quoted,
  setOf,
  setters,
  unlessUserNamespace,
  type Check,
  type CheckedHandler,
  type CheckPod,
  type SecurityContext,
} from "./Check.ts";
import { allowedSeccomp, seccompAnnotations } from "./seccomp.ts";
import { firstSysctls, sysctls, sysctls27, sysctls29, sysctls32 } from "./sysctls.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";

const appArmor: CheckPod = (pod) => {
  const isBad = ({ appArmorProfile }: SecurityContext = {}): boolean =>
    appArmorProfile !== undefined && !["RuntimeDefault", "Localhost"].includes(appArmorProfile.type ?? "");
  const own = pod.spec.securityContext;
  const bad = containersOf(pod).filter(({ securityContext }) => isBad(securityContext));
  const values = setOf(
    [...(isBad(own) ? [own] : []), ...bad.map(({ securityContext }) => securityContext)].map(
      (context) => context?.appArmorProfile?.type ?? "",
    ),
  );
  const annotations = Object.entries(pod.metadata?.annotations ?? {})
    .filter(
      ([key, value]) =>
        key.startsWith(appArmorPrefix) &&
        value !== "" &&
        value !== "runtime/default" &&
        !value.startsWith("localhost/"),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted();
  const who = [
    setters(
      isBad(own),
      bad.map(({ name = "" }) => name),
    ),
    ...(annotations.length > 0 ? [plural("annotation", "annotations", annotations.length)] : []),
  ]
    .filter((part) => part !== "")
    .join(" and ");
  if (who === "") return undefined;
  const all = [...values, ...annotations];
  return {
    reason: plural("forbidden AppArmor profile", "forbidden AppArmor profiles", all.length),
    detail: `${who} must not set AppArmor profile type to ${quoted(all)}`,
  };
};

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

const capabilities: CheckPod = (pod) => {
  const beyond = (context: SecurityContext | undefined): string[] =>
    (context?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
  const names = namesWhere(pod, ({ securityContext }) => beyond(securityContext).length > 0);
  if (names.length === 0) return undefined;
  const all = setOf(containersOf(pod).flatMap(({ securityContext }) => beyond(securityContext)));
  return {
    reason: "non-default capabilities",
    detail: `${containersText(names)} must not include ${quoted(all)} in securityContext.capabilities.add`,
  };
};

const hostNamespaces: CheckPod = ({ spec }) => {
  const found = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => spec[field] === true);
  if (found.length === 0) return undefined;
  return { reason: "host namespaces", detail: found.map((field) => `${field}=true`).join(", ") };
};

const hostPathVolumes: CheckPod = ({ spec }) => {
  const names = (spec.volumes ?? [])
    .filter((volume) => volume["hostPath"] !== undefined)
    .map(({ name = "" }) => name);
  if (names.length === 0) return undefined;
  return {
    reason: "hostPath volumes",
    detail: `${plural("volume", "volumes", names.length)} ${quoted(names)}`,
  };
};

const hostPorts: CheckPod = (pod) => {
  const names = namesWhere(pod, ({ ports = [] }) => ports.some(({ hostPort = 0 }) => hostPort !== 0));
  if (names.length === 0) return undefined;
  const ports = setOf(
    containersOf(pod).flatMap((container) =>
      (container.ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [String(hostPort)])),
    ),
  );
  return {
    reason: "hostPort",
    detail: `${containersText(names)} ${plural("uses", "use", names.length)} ${plural("hostPort", "hostPorts", ports.length)} ${ports.join(", ")}`,
  };
};

const hostProbes: CheckPod = (pod) => {
  const names: string[] = [];
  const hosts: string[] = [];
  for (const { name = "", livenessProbe, readinessProbe, startupProbe, lifecycle } of containersOf(pod)) {
    const handlers: (CheckedHandler | undefined)[] = [
      livenessProbe,
      readinessProbe,
      startupProbe,
      lifecycle?.postStart,
      lifecycle?.preStop,
    ];
    const found = handlers
      .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .filter((host) => host !== undefined && host !== "");
    if (found.length > 0) names.push(name);
    hosts.push(...(found as string[]));
  }
  if (names.length === 0) return undefined;
  const [who, what] = [setOf(names), setOf(hosts)];
  return {
    reason: "probe or lifecycle host",
    detail: `${containersText(who)} ${plural("uses", "use", who.length)} ${plural("probe or lifecycle host", "probe or lifecycle hosts", what.length)} ${quoted(what)}`,
  };
};

const privileged: CheckPod = (pod) => {
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return {
    reason: "privileged",
    detail: `${containersText(names)} must not set securityContext.privileged=true`,
  };
};

export const procMount: CheckPod = (pod) => {
  const typeOf = (context: SecurityContext | undefined): string => context?.procMount ?? "Default";
  const names = namesWhere(pod, ({ securityContext }) => typeOf(securityContext) !== "Default");
  if (names.length === 0) return undefined;
  const types = setOf(
    containersOf(pod)
      .map(({ securityContext }) => typeOf(securityContext))
      .filter((type) => type !== "Default"),
  );
  return {
    reason: "procMount",
    detail: `${containersText(names)} must not set securityContext.procMount to ${quoted(types)}`,
  };
};

const seLinux =
  (types: readonly string[]): CheckPod =>
  (pod) => {
    const badType = ({ seLinuxOptions }: SecurityContext = {}): string[] =>
      seLinuxOptions === undefined || types.includes(seLinuxOptions.type ?? "")
        ? []
        : [seLinuxOptions.type ?? ""];
    const isBad = (context: SecurityContext | undefined): boolean =>
      badType(context).length > 0 || !!context?.seLinuxOptions?.user || !!context?.seLinuxOptions?.role;
    const contexts = [
      pod.spec.securityContext,
      ...containersOf(pod).map(({ securityContext }) => securityContext),
    ];
    const who = setters(
      isBad(pod.spec.securityContext),
      namesWhere(pod, ({ securityContext }) => isBad(securityContext)),
    );
    if (who === "") return undefined;
    const bad = setOf(contexts.flatMap(badType));
    const what = [
      ...(bad.length > 0 ? [`${plural("type", "types", bad.length)} ${quoted(bad)}`] : []),
      ...(contexts.some((context) => context?.seLinuxOptions?.user) ? ["user may not be set"] : []),
      ...(contexts.some((context) => context?.seLinuxOptions?.role) ? ["role may not be set"] : []),
    ];
    return {
      reason: "seLinuxOptions",
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join("; ")}`,
    };
  };

const hostProcess: CheckPod = (pod) => {
  const isBad = (context: SecurityContext | undefined): boolean =>
    context?.windowsOptions?.hostProcess === true;
  const who = setters(
    isBad(pod.spec.securityContext),
    namesWhere(pod, ({ securityContext }) => isBad(securityContext)),
  );
  if (who === "") return undefined;
  return {
    reason: "hostProcess",
    detail: `${who} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

const firstTypes = ["", "container_t", "container_init_t", "container_kvm_t"];

const always = (check: CheckPod): Check["versions"] => [{ since: 0, check }];

/** What every pod of the level `baseline` is asked. By id. (pod-security-admission, policy/check_*.go) */
export const baselineChecks: readonly Check[] = [
  { id: "appArmorProfile", level: "baseline", versions: always(appArmor) },
  { id: "capabilities_baseline", level: "baseline", versions: always(capabilities) },
  { id: "hostNamespaces", level: "baseline", versions: always(hostNamespaces) },
  { id: "hostPathVolumes", level: "baseline", versions: always(hostPathVolumes) },
  { id: "hostPorts", level: "baseline", versions: always(hostPorts) },
  { id: "hostProbesAndHostLifecycle", level: "baseline", versions: [{ since: 34, check: hostProbes }] },
  { id: "privileged", level: "baseline", versions: always(privileged) },
  {
    id: "procMount",
    level: "baseline",
    versions: [
      { since: 0, check: procMount },
      { since: 35, check: unlessUserNamespace(procMount) },
    ],
  },
  {
    id: "seLinuxOptions",
    level: "baseline",
    versions: [
      { since: 0, check: seLinux(firstTypes) },
      { since: 31, check: seLinux([...firstTypes, "container_engine_t"]) },
    ],
  },
  {
    id: "seccompProfile_baseline",
    level: "baseline",
    versions: [
      { since: 0, check: seccompAnnotations },
      { since: 19, check: allowedSeccomp },
    ],
  },
  {
    id: "sysctls",
    level: "baseline",
    versions: [
      { since: 0, check: sysctls(firstSysctls) },
      { since: 27, check: sysctls(sysctls27) },
      { since: 29, check: sysctls(sysctls29) },
      { since: 32, check: sysctls(sysctls32) },
    ],
  },
  { id: "windowsHostProcess", level: "baseline", versions: always(hostProcess) },
];
