import type { KubeObject } from "../../../contract/index.ts";
import {
  ageColumn,
  ageOf,
  at,
  column,
  list,
  nameColumn,
  number,
  orNone,
  text,
  type Printer,
} from "./Printer.ts";

interface Summary {
  readonly ready: string;
  readonly reason: string;
  readonly restarts: string;
}

/** Source: kubernetes/pkg/printers/internalversion/printers.go, printPod. */
function summaryOf(pod: KubeObject, now: number): Summary {
  let reason = text(pod, "status", "reason") || text(pod, "status", "phase");
  let restarts = 0;
  let lastRestart = "";
  let readyCount = 0;
  const initSpecs = list(pod, "spec", "initContainers");
  const sidecars = new Set(
    initSpecs.filter((one) => one["restartPolicy"] === "Always").map((one) => one["name"]),
  );
  const total = list(pod, "spec", "containers").length + sidecars.size;
  const sawRestart = (status: unknown): void => {
    restarts += number(status, "restartCount");
    const finished = text(status, "lastState", "terminated", "finishedAt");
    if (finished > lastRestart) lastRestart = finished;
  };

  let initializing = false;
  const initStatuses = list(pod, "status", "initContainerStatuses");
  for (const [index, status] of initStatuses.entries()) {
    sawRestart(status);
    const terminated = at(status, "state", "terminated");
    const sidecar = sidecars.has(text(status, "name"));
    if (sidecar && status["ready"] === true) readyCount++;
    if (terminated !== undefined && number(terminated, "exitCode") === 0) continue;
    if (sidecar && status["started"] === true) continue;
    if (terminated !== undefined) {
      const why = text(terminated, "reason");
      const signal = number(terminated, "signal");
      reason = `Init:${why || (signal === 0 ? `ExitCode:${number(terminated, "exitCode")}` : `Signal:${signal}`)}`;
    } else {
      const waiting = text(status, "state", "waiting", "reason");
      reason =
        waiting !== "" && waiting !== "PodInitializing"
          ? `Init:${waiting}`
          : `Init:${index}/${initSpecs.length}`;
    }
    initializing = true;
    break;
  }
  const initialized = list(pod, "status", "conditions").some(
    (one) => one["type"] === "Initialized" && one["status"] === "True",
  );
  if (!initializing || initialized) {
    if (!initializing) restarts = sidecars.size > 0 ? restarts : 0;
    let running = false;
    for (const status of list(pod, "status", "containerStatuses").toReversed()) {
      sawRestart(status);
      const waiting = text(status, "state", "waiting", "reason");
      const terminated = at(status, "state", "terminated");
      if (waiting !== "") reason = waiting;
      else if (terminated !== undefined) {
        const signal = number(terminated, "signal");
        reason =
          text(terminated, "reason") ||
          (signal === 0 ? `ExitCode:${number(terminated, "exitCode")}` : `Signal:${signal}`);
      } else if (status["ready"] === true && at(status, "state", "running") !== undefined) {
        running = true;
        readyCount++;
      }
    }
    if (reason === "Completed" && running) {
      const ready = list(pod, "status", "conditions").some(
        (one) => one["type"] === "Ready" && one["status"] === "True",
      );
      reason = ready ? "Running" : "NotReady";
    }
  }
  if (pod.metadata.deletionTimestamp !== undefined) {
    if (text(pod, "status", "reason") === "NodeLost") reason = "Unknown";
    else if (!["Failed", "Succeeded"].includes(text(pod, "status", "phase"))) reason = "Terminating";
  }
  return {
    ready: `${readyCount}/${total}`,
    reason,
    restarts:
      restarts > 0 && lastRestart !== "" ? `${restarts} (${ageOf(lastRestart, now)} ago)` : String(restarts),
  };
}

export const podPrinter: Printer = [
  nameColumn,
  column("Ready", (pod, now) => summaryOf(pod, now).ready),
  column("Status", (pod, now) => summaryOf(pod, now).reason),
  column("Restarts", (pod, now) => summaryOf(pod, now).restarts),
  ageColumn,
  column("IP", (pod) => orNone(text(pod, "status", "podIP")), 1),
  column("Node", (pod) => orNone(text(pod, "spec", "nodeName")), 1),
  column("Nominated Node", (pod) => orNone(text(pod, "status", "nominatedNodeName")), 1),
  column(
    "Readiness Gates",
    (pod) => {
      const gates = list(pod, "spec", "readinessGates").map((one) => text(one, "conditionType"));
      if (gates.length === 0) return "<none>";
      const met = gates.filter((gate) =>
        list(pod, "status", "conditions").some((one) => one["type"] === gate && one["status"] === "True"),
      );
      return `${met.length}/${gates.length}`;
    },
    1,
  ),
];
