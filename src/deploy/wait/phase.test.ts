import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { phaseOf } from "./phase.ts";
import { eventText } from "./PodEvents.ts";

const object = (apiVersion: string, kind: string, status: object = {}): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "x" },
  status,
});
const pod = (status: object): KubeObject => object("v1", "Pod", status);
const waiting = (reason: string, more: object = {}): KubeObject =>
  pod({ containerStatuses: [{ name: "c", ready: false, state: { waiting: { reason } }, ...more }] });
const running = pod({
  phase: "Running",
  containerStatuses: [{ name: "c", ready: false, state: { running: {} } }],
});
const ready = pod({ conditions: [{ type: "Ready", status: "True" }] });
const unscheduled = (message: string): KubeObject =>
  pod({ conditions: [{ type: "PodScheduled", status: "False", message }] });
const deployment = object("apps/v1", "Deployment");
const job = object("batch/v1", "Job");

describe("What is not ready waits", () => {
  it.each([
    ["for a node", deployment, [unscheduled("0/3 nodes are available: insufficient cpu")], "scheduling"],
    ["for a volume", deployment, [unscheduled("pod has unbound immediate PersistentVolumeClaims")], "volume"],
    ["for a volume", object("v1", "PersistentVolumeClaim"), [], "volume"],
    ["for images and volumes of a pod", deployment, [ready, waiting("ContainerCreating")], "starting"],
    ["for a registry", deployment, [waiting("ImagePullBackOff")], "image"],
    ["for init containers", deployment, [waiting("PodInitializing")], "init"],
    ["for a program that ends", deployment, [waiting("CrashLoopBackOff", { restartCount: 2 })], "crashes"],
    ["for a readiness probe", deployment, [ready, running], "readiness"],
    ["for old pods to go", deployment, [ready], "rollout"],
    ["for a controller", deployment, [], "other"],
    ["for a job's own work", job, [running], "job"],
    ["for a job's controller", job, [pod({ phase: "Succeeded" })], "job"],
    ["for itself, when it is a pod", running, [], "readiness"],
  ])("%s", (_what, one, pods, phase) => expect(phaseOf(one, pods)).toBe(phase));
});

describe("The events of a pod that starts", () => {
  const event = (type: string, reason: string, message: string): Parameters<typeof eventText>[0] => ({
    ...object("v1", "Event"),
    type,
    reason,
    message,
  });
  it.each([
    [event("Normal", "Pulling", 'Pulling image "r.org/web:1"'), "pulling r.org/web:1"],
    [event("Normal", "Scheduled", "Successfully assigned"), undefined],
    [
      event("Warning", "FailedMount", 'MountVolume.SetUp failed for volume "x" : secret "db" not found'),
      'FailedMount: secret "db" not found (volume x)',
    ],
    [event("Warning", "FailedCreatePodSandBox", "no network"), "FailedCreatePodSandBox: no network"],
  ])("explain it (%#)", (one, text) => expect(eventText(one)).toBe(text));
});
