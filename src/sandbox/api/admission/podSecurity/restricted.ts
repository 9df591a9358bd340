import { procMount } from "./baseline.ts";
import {
  containersOf,
  containersText,
  namesWhere,
  plural,
  quoted,
  setOf,
  setters,
  unlessUserNamespace,
  unlessWindows,
  type Check,
  type CheckPod,
} from "./Check.ts";
import { requiredSeccomp } from "./seccomp.ts";

const allowPrivilegeEscalation: CheckPod = (pod) => {
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.allowPrivilegeEscalation !== false);
  if (names.length === 0) return undefined;
  return {
    reason: "allowPrivilegeEscalation != false",
    detail: `${containersText(names)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

const capabilities: CheckPod = (pod) => {
  const keeping = namesWhere(
    pod,
    ({ securityContext }) => !(securityContext?.capabilities?.drop ?? []).includes("ALL"),
  );
  const added = (container: ReturnType<typeof containersOf>[number]): string[] =>
    (container.securityContext?.capabilities?.add ?? []).filter((name) => name !== "NET_BIND_SERVICE");
  const adding = namesWhere(pod, (container) => added(container).length > 0);
  const details = [
    ...(keeping.length > 0
      ? [`${containersText(keeping)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adding.length > 0
      ? [
          `${containersText(adding)} must not include ${quoted(setOf(containersOf(pod).flatMap(added)))} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  return details.length === 0
    ? undefined
    : { reason: "unrestricted capabilities", detail: details.join("; ") };
};

const allowedVolumes: readonly string[] = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

const knownVolumes: readonly string[] = [
  "hostPath",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "gitRepo",
  "nfs",
  "iscsi",
  "glusterfs",
  "rbd",
  "flexVolume",
  "cinder",
  "cephfs",
  "flocker",
  "fc",
  "azureFile",
  "vsphereVolume",
  "quobyte",
  "azureDisk",
  "photonPersistentDisk",
  "portworxVolume",
  "scaleIO",
  "storageos",
];

const volumes: CheckPod = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) =>
    allowedVolumes.every((source) => volume[source] === undefined),
  );
  if (bad.length === 0) return undefined;
  const types = setOf(
    bad.map((volume) => knownVolumes.find((source) => volume[source] !== undefined) ?? "unknown"),
  );
  return {
    reason: "restricted volume types",
    detail: `${plural("volume", "volumes", bad.length)} ${quoted(bad.map(({ name = "" }) => name))} ${plural("uses", "use", bad.length)} ${plural("restricted volume type", "restricted volume types", types.length)} ${quoted(types)}`,
  };
};

const runAsNonRoot: CheckPod = (pod) => {
  const own = pod.spec.securityContext?.runAsNonRoot;
  const who = setters(
    own === false,
    namesWhere(pod, ({ securityContext }) => securityContext?.runAsNonRoot === false),
  );
  const reason = "runAsNonRoot != true";
  if (who !== "") return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  const silent = namesWhere(
    pod,
    ({ securityContext }) => own !== true && securityContext?.runAsNonRoot === undefined,
  );
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${containersText(silent)} must set securityContext.runAsNonRoot=true` };
};

const runAsUser: CheckPod = (pod) => {
  const who = setters(
    pod.spec.securityContext?.runAsUser === 0,
    namesWhere(pod, ({ securityContext }) => securityContext?.runAsUser === 0),
  );
  return who === "" ? undefined : { reason: "runAsUser=0", detail: `${who} must not set runAsUser=0` };
};

/** What pods of the level `restricted` are asked besides the baseline. By id. */
export const restrictedChecks: readonly Check[] = [
  {
    id: "allowPrivilegeEscalation",
    level: "restricted",
    versions: [
      { since: 8, check: allowPrivilegeEscalation },
      { since: 25, check: unlessWindows(allowPrivilegeEscalation) },
    ],
  },
  {
    id: "capabilities_restricted",
    level: "restricted",
    overrides: "capabilities_baseline",
    versions: [
      { since: 22, check: capabilities },
      { since: 25, check: unlessWindows(capabilities) },
    ],
  },
  {
    id: "procMount_restricted",
    level: "restricted",
    overrides: "procMount",
    versions: [{ since: 35, check: procMount }],
  },
  {
    id: "restrictedVolumes",
    level: "restricted",
    overrides: "hostPathVolumes",
    versions: [{ since: 0, check: volumes }],
  },
  {
    id: "runAsNonRoot",
    level: "restricted",
    versions: [
      { since: 0, check: runAsNonRoot },
      { since: 35, check: unlessUserNamespace(runAsNonRoot) },
    ],
  },
  {
    id: "runAsUser",
    level: "restricted",
    versions: [
      { since: 23, check: runAsUser },
      { since: 35, check: unlessUserNamespace(runAsUser) },
    ],
  },
  {
    id: "seccompProfile_restricted",
    level: "restricted",
    overrides: "seccompProfile_baseline",
    versions: [
      { since: 19, check: requiredSeccomp },
      { since: 25, check: unlessWindows(requiredSeccomp) },
    ],
  },
];
