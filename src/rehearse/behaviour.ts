import { labels, type KubeObject } from "../contract/index.ts";
import { runsOnce, type SimulatedBehaviour, type SimulatedStep } from "../sandbox/index.ts";
import { markAnnotation } from "./markRollout.ts";
import type { FailureKind, Scenario } from "./Scenario.ts";

/** Milliseconds in which an image is there and its program started: what a node that has pulled it before takes. */
const startsAfter = 2000;
/** Milliseconds that a job runs. */
const jobRuns = 3000;
/** Milliseconds between two starts of a program that crashes: as the kubelet's, 10 s doubled up to 5 min. */
const backoff = { first: 10_000, most: 300_000 };

/**
 * What pods do under a scenario. `nameOf` gives the component's key for the name that its pods carry. Pods with the mark fail, when their component
 * is to fail; all others start well, in a time that follows from their probes.
 */
export function behaviourOf(
  scenario: Scenario,
  keyOf: (name: string) => string | undefined,
): SimulatedBehaviour {
  return (pod) => {
    const component = keyOf(pod.metadata.labels?.[labels.name] ?? "") ?? "";
    const failure =
      pod.metadata.annotations?.[markAnnotation] === undefined ? undefined : scenario.failures.get(component);
    const slow = scenario.slow.get(component) ?? 0;
    if (failure !== undefined) return failing(pod, failure);
    return runsOnce(pod) ? completing(slow) : running(pod, slow);
  };
}

const started: SimulatedStep = { after: startsAfter, state: { is: "running", ready: false } };

const running = (pod: KubeObject, slow: number): SimulatedStep[] => [
  started,
  { after: probesTake(pod) + slow, state: { is: "running", ready: true } },
];

const completing = (slow: number): SimulatedStep[] => [
  started,
  { after: jobRuns + slow, state: { is: "ended", exitCode: 0 } },
];

function failing(pod: KubeObject, failure: FailureKind): Iterable<SimulatedStep> {
  switch (failure) {
    case "image":
      return missingImage();
    case "crash":
      return crashing(pod);
    default:
      return [started];
  }
}

function* missingImage(): Generator<SimulatedStep> {
  const message = "the image was not found (rehearsed)";
  yield { after: 1000, state: { is: "waiting", reason: "ErrImagePull", message } };
  yield { after: 10_000, state: { is: "waiting", reason: "ImagePullBackOff", message } };
}

function* crashing(pod: KubeObject): Generator<SimulatedStep> {
  const crash: SimulatedStep = { after: 500, state: { is: "ended", exitCode: 1 } };
  yield started;
  yield crash;
  if (policyOf(pod) === "Never") return;
  for (let wait = backoff.first; ; wait = Math.min(wait * 2, backoff.most)) {
    const message = `back-off ${wait / 1000}s restarting failed container (rehearsed)`;
    yield { after: 0, state: { is: "waiting", reason: "CrashLoopBackOff", message } };
    yield { after: wait, state: { is: "running", ready: false } };
    yield crash;
  }
}

const policyOf = (pod: KubeObject): unknown => (pod.spec as { restartPolicy?: string }).restartPolicy;

interface Probe {
  readonly initialDelaySeconds?: number;
}

/** Milliseconds before the slowest container's probes would first say that it is ready. */
function probesTake(pod: KubeObject): number {
  const { containers } = pod.spec as { containers: { readinessProbe?: Probe; startupProbe?: Probe }[] };
  const seconds = containers.map(
    ({ readinessProbe, startupProbe }) =>
      1 + (startupProbe?.initialDelaySeconds ?? 0) + (readinessProbe?.initialDelaySeconds ?? 0),
  );
  return 1000 * Math.max(1, ...seconds);
}
