import type { KubeObject } from "../../src/contract/index.ts";
import type { DeployOptions } from "../../src/deploy/index.ts";
import { js, stay, template } from "../sandbox/TestSandbox.ts";

/** Something that cannot become ready. */
export interface FailureCase {
  readonly what: string;
  /** What is there before: quotas, labels of the namespace. */
  readonly around?: (namespace: string) => readonly KubeObject[];
  readonly object: (folder: string) => KubeObject;
  readonly options?: DeployOptions;
  /** Whether the cause shows in this object. */
  readonly cause: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly shows: (object: KubeObject) => boolean;
  };
  readonly reason: string;
  readonly message: RegExp;
  readonly events?: RegExp;
  readonly log?: readonly string[];
}

/** A field of a status, wherever in it. */
export const says = (pattern: RegExp) => (object: KubeObject) =>
  pattern.test(JSON.stringify(object["status"] ?? {}));
const eventSays = (pattern: RegExp) => (object: KubeObject) => pattern.test(String(object["message"]));
const pods = { apiVersion: "v1", kind: "Pod" };
const events = { apiVersion: "v1", kind: "Event" };

export const workload = (kind: "Deployment" | "StatefulSet", podTemplate: object): KubeObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name: "api" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "api" } },
    template: podTemplate,
    ...(kind === "StatefulSet" ? { serviceName: "api" } : {}),
  },
});
export const running = (line: string, folder: string, spec: object = {}, container: object = {}): object =>
  template("api", folder, { ...spec, containers: [js(line, container)] });
/** Of a container that nobody said how to run here. */
export const foreign = (image: string): object => ({
  metadata: { labels: { app: "api" } },
  spec: { containers: [{ name: "main", image }] },
});

export const failureCases: readonly FailureCase[] = [
  {
    what: "an image that cannot be run",
    object: () => workload("Deployment", foreign("registry.example.org/api:1")),
    cause: { ...pods, shows: says(/can't run here/) },
    reason: "CannotRunHere",
    message: /container main: .*registry.example.org\/api:1 can't run here/,
  },
  {
    what: "a command that is not there",
    object: (folder) => workload("Deployment", running("", folder, {}, { command: ["no-such-program"] })),
    cause: { ...pods, shows: says(/no-such-program/) },
    reason: "RunContainerError",
    message: /container main: .*no-such-program/,
    events: /Failed.*no-such-program/,
  },
  {
    what: "a program that ends again and again, with its last lines",
    object: (folder) =>
      workload(
        "Deployment",
        // Without a probe it would be ready for a moment.
        running(
          `console.log("line one"); console.error("no database"); process.exit(3)`,
          folder,
          {},
          {
            readinessProbe: { exec: { command: ["false"] } },
          },
        ),
      ),
    options: { crashRestarts: 1 },
    cause: {
      ...pods,
      shows: (pod) => says(/CrashLoopBackOff/)(pod) && says(/"restartCount":[1-9]/)(pod),
    },
    reason: "CrashLoopBackOff",
    message: /container main: it ended with exit code 3, [1-9] restart/,
    events: /BackOff/,
    log: ["line one", "no database"],
  },
  {
    what: "a Secret that is missing",
    object: (folder) =>
      workload(
        "Deployment",
        running(
          stay,
          folder,
          {},
          {
            env: [{ name: "P", valueFrom: { secretKeyRef: { name: "nobody-made-it", key: "p" } } }],
          },
        ),
      ),
    cause: { ...pods, shows: says(/CreateContainerConfigError/) },
    reason: "CreateContainerConfigError",
    message: /container main: secret "nobody-made-it" not found/,
    events: /nobody-made-it/,
  },
  {
    what: "a StatefulSet whose image cannot be run",
    object: () => workload("StatefulSet", foreign("registry.example.org/db:1")),
    cause: { ...pods, shows: says(/can't run here/) },
    reason: "CannotRunHere",
    message: /registry.example.org\/db:1 can't run here/,
  },
  {
    what: "a quota that is used up, of a Deployment",
    around: () => [
      { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "small" }, spec: { hard: { pods: "0" } } },
    ],
    object: (folder) => workload("Deployment", running(stay, folder)),
    cause: { apiVersion: "apps/v1", kind: "Deployment", shows: says(/exceeded quota/) },
    reason: "FailedCreate",
    message: /exceeded quota: small, requested: pods=1, used: pods=0, limited: pods=0/,
  },
  {
    what: "a quota that is used up, of a StatefulSet, which says so in events only",
    around: () => [
      { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "small" }, spec: { hard: { pods: "0" } } },
    ],
    object: (folder) => workload("StatefulSet", running(stay, folder)),
    cause: { ...events, shows: eventSays(/exceeded quota/) },
    reason: "FailedCreate",
    message: /exceeded quota: small/,
    events: /FailedCreate.*exceeded quota/,
  },
  {
    what: "a quota that lets only some of the pods be made",
    around: () => [
      {
        apiVersion: "v1",
        kind: "ResourceQuota",
        metadata: { name: "small" },
        spec: { hard: { pods: "1" } },
      },
    ],
    object: (folder) => {
      const object = workload("StatefulSet", running(stay, folder));
      return { ...object, spec: { ...(object["spec"] as object), replicas: 2 } };
    },
    cause: { ...events, shows: eventSays(/exceeded quota/) },
    reason: "FailedCreate",
    message: /exceeded quota: small/,
    events: /FailedCreate.*exceeded quota/,
  },
  {
    what: "Pod Security that refuses the pods",
    around: (namespace) => [
      {
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
      },
    ],
    object: (folder) => workload("Deployment", running(stay, folder)),
    cause: { apiVersion: "apps/v1", kind: "Deployment", shows: says(/violates PodSecurity/) },
    reason: "FailedCreate",
    message: /violates PodSecurity "restricted:latest"/,
  },
  {
    what: "a service account that is missing",
    object: (folder) => workload("Deployment", running(stay, folder, { serviceAccountName: "nobody" })),
    cause: { apiVersion: "apps/v1", kind: "Deployment", shows: says(/serviceaccount/) },
    reason: "FailedCreate",
    message: /error looking up service account .*serviceaccount "nobody" not found/,
  },
  {
    what: "a Job that failed, with its last lines",
    object: (folder) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "api" },
      spec: {
        backoffLimit: 0,
        template: running(
          `console.log("migrating"); console.error("table is locked"); process.exit(9)`,
          folder,
          {
            restartPolicy: "Never",
          },
        ),
      },
    }),
    cause: { apiVersion: "batch/v1", kind: "Job", shows: says(/"Failed"/) },
    reason: "BackoffLimitExceeded",
    message: /Job has reached the specified backoff limit/,
    log: ["migrating", "table is locked"],
  },
  {
    what: "a pod that no node takes, when it has waited as long as it may",
    object: (folder) => workload("Deployment", running(stay, folder, { nodeSelector: { disk: "of-gold" } })),
    // Enough for a scheduler on a busy machine to have tried.
    options: { timeoutSeconds: 6 },
    cause: { ...pods, shows: says(/didn't match Pod's node affinity/) },
    reason: "Timeout",
    message:
      /not scheduled: 0\/1 nodes are available: 1 node\(s\) didn't match Pod's node affinity\/selector/,
    events: /FailedScheduling/,
  },
  {
    what: "a Job whose image cannot be run",
    object: () => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "api" },
      spec: {
        template: {
          spec: {
            restartPolicy: "Never",
            containers: [{ name: "main", image: "registry.example.org/job:1" }],
          },
        },
      },
    }),
    cause: { ...pods, shows: says(/can't run here/) },
    reason: "CannotRunHere",
    message: /registry.example.org\/job:1 can't run here/,
  },
];
