import { describe, expect, it } from "vitest";
import type { ContainerState, ContainerStatus, Pod, RestartPolicy } from "../Pod.ts";
import { phaseOf, podStatus } from "./podStatus.ts";
import { qosClassOf } from "./qosClass.ts";

const status = (state: ContainerState, lastState: ContainerState = {}): ContainerStatus => ({
  name: "c",
  state,
  lastState,
  ready: state.running !== undefined,
  started: state.running !== undefined,
  restartCount: 0,
  image: "",
  imageID: "",
});
const running: ContainerState = { running: { startedAt: "2026-01-01T00:00:00Z" } };
const waiting: ContainerState = { waiting: { reason: "ContainerCreating" } };
const ended = (exitCode: number): ContainerState => ({ terminated: { exitCode } });
const pod = (restartPolicy: RestartPolicy, inits = 0, containers = 1, sidecar = false): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n" },
  spec: {
    restartPolicy,
    initContainers: Array.from({ length: inits }, () => ({
      name: "i",
      ...(sidecar ? { restartPolicy: "Always" as const } : {}),
    })),
    containers: Array.from({ length: containers }, () => ({ name: "c" })),
  },
});

describe("the phase of a pod", () => {
  it.each<[string, Pod, ContainerStatus[], ContainerStatus[], string]>([
    ["nothing started", pod("Always"), [], [status(waiting)], "Pending"],
    ["all run", pod("Always", 0, 2), [], [status(running), status(running)], "Running"],
    ["one still waits", pod("Always", 0, 2), [], [status(running), status(waiting)], "Pending"],
    ["crashed, waits for its restart", pod("Always"), [], [status(waiting, ended(1))], "Running"],
    ["ended, will be restarted", pod("Always"), [], [status(ended(0))], "Running"],
    ["all done", pod("OnFailure", 0, 2), [], [status(ended(0)), status(ended(0))], "Succeeded"],
    ["one failed for good", pod("Never", 0, 2), [], [status(ended(0)), status(ended(3))], "Failed"],
    ["one failed, will be restarted", pod("OnFailure"), [], [status(ended(3))], "Running"],
    ["one done, one runs", pod("Never", 0, 2), [], [status(ended(0)), status(running)], "Running"],
    ["initializing", pod("Always", 1), [status(running)], [status(waiting)], "Pending"],
    ["its initialization failed for good", pod("Never", 1), [status(ended(1))], [status(waiting)], "Failed"],
    [
      "its initialization is tried again",
      pod("Always", 1),
      [status(waiting, ended(1))],
      [status(waiting)],
      "Pending",
    ],
    [
      "all done, but its sidecar is still asked to end",
      pod("Never", 1, 1, true),
      [status(running)],
      [status(ended(0))],
      "Running",
    ],
    [
      "all done, its sidecar as well",
      pod("Never", 1, 1, true),
      [status(ended(143))],
      [status(ended(0))],
      "Succeeded",
    ],
    ["its sidecar runs before it", pod("Never", 1, 1, true), [status(running)], [status(waiting)], "Pending"],
    [
      "its sidecar crashed while it runs",
      pod("Always", 1, 1, true),
      [status(waiting, ended(1))],
      [status(running)],
      "Running",
    ],
  ])("%s", (_name, subject, inits, containers, expected) => {
    expect(phaseOf(subject, { inits, containers })).toBe(expected);
  });
});

it("keeps the time of a condition that did not change, and says what is not ready", () => {
  const findings = {
    inits: [],
    podIP: "10.244.0.2",
    hostIP: "127.0.0.1",
    startTime: "2026-01-01T00:00:00Z",
    prepared: true,
    terminating: false,
  };
  const first = podStatus(pod("Always"), { ...findings, containers: [status(waiting)] }, undefined, 0);
  const ready = (of: typeof first) => of.conditions?.find(({ type }) => type === "Ready");
  expect(ready(first)).toMatchObject({
    status: "False",
    reason: "ContainersNotReady",
    message: "containers with unready status: [c]",
    lastTransitionTime: "1970-01-01T00:00:00Z",
  });
  const second = podStatus(pod("Always"), { ...findings, containers: [status(waiting)] }, first, 5000);
  expect(second).toEqual(first);
  const third = podStatus(pod("Always"), { ...findings, containers: [status(running)] }, second, 9000);
  expect(ready(third)).toMatchObject({ status: "True", lastTransitionTime: "1970-01-01T00:00:09Z" });
});

it.each([
  [{}, "BestEffort"],
  [{ requests: { cpu: "100m" } }, "Burstable"],
  [{ limits: { cpu: "1", memory: "1Gi" } }, "Guaranteed"],
  [{ limits: { cpu: "1", memory: "1Gi" }, requests: { cpu: "500m" } }, "Burstable"],
])("with %j a pod is %s", (resources, expected) => {
  expect(qosClassOf({ ...pod("Always"), spec: { containers: [{ name: "c", resources }] } })).toBe(expected);
});
