import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Deployment, ReplicaSet } from "../objects/workloads.ts";
import { podTemplate } from "../testing/podTemplate.ts";
import { desiredAnnotation, maxAnnotation, surgeOf } from "./revisions.ts";
import { rollingStep, type Scaling } from "./rollingStep.ts";
import { scalingStep } from "./scalingStep.ts";

const selector = { matchLabels: { app: "web" } };
const template = podTemplate({ app: "web" });

const share = fc.oneof(
  fc.nat(12),
  fc.nat(100).map((percent) => `${percent}%`),
);
const deploymentOf = ({
  replicas,
  ...rollingUpdate
}: {
  replicas: number;
  maxSurge: number | string;
  maxUnavailable: number | string;
}): Deployment => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", namespace: "default" },
  spec: { replicas, selector, template, strategy: { type: "RollingUpdate", rollingUpdate } },
});
const deployments: fc.Arbitrary<Deployment> = fc
  .record({ replicas: fc.nat(30), maxSurge: share, maxUnavailable: share })
  .map(deploymentOf);
const setOf = (
  index: number,
  replicas: number,
  availableReplicas: number,
  annotations: Record<string, string>,
): ReplicaSet => ({
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  metadata: {
    name: `web-${index}`,
    namespace: "default",
    creationTimestamp: `2026-01-0${index + 1}T00:00:00Z`,
    annotations,
  },
  spec: { replicas, selector, template },
  status: { replicas, availableReplicas },
});
/** Sets of any size, with any part of their pods available. */
const setsOf = (least: number): fc.Arbitrary<ReplicaSet[]> =>
  fc
    .array(
      fc.record({ replicas: fc.nat(20), missing: fc.nat(20), before: fc.integer({ min: 1, max: 40 }) }),
      { minLength: least, maxLength: 5 },
    )
    .map((list) =>
      list.map(({ replicas, missing, before }, index) =>
        setOf(index, replicas, Math.max(0, replicas - missing), {
          [desiredAnnotation]: String(before),
          [maxAnnotation]: String(before),
        }),
      ),
    );

const apply = (sets: readonly ReplicaSet[], steps: readonly Scaling[]): ReplicaSet[] =>
  sets.map((set) => {
    const to = steps.find((step) => step.set === set)?.to ?? set.spec.replicas!;
    // A set that shrinks loses the pods that don't serve first.
    return {
      ...set,
      spec: { ...set.spec, replicas: to },
      status: { replicas: to, availableReplicas: Math.min(to, set.status!.availableReplicas!) },
    };
  });
const sizesOf = (sets: readonly ReplicaSet[]): number[] => sets.map((set) => set.spec.replicas!);
const total = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + set.spec.replicas!, 0);
const available = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + set.status!.availableReplicas!, 0);

describe("a rolling update", () => {
  test("never goes above its surge, never below what must be available, whatever it begins with", () => {
    fc.assert(
      fc.property(deployments, setsOf(1), (deployment, sets) => {
        const [newSet, ...oldSets] = sets as [ReplicaSet, ...ReplicaSet[]];
        // More new pods than wanted is a scaling, not a rollout.
        fc.pre(newSet.spec.replicas! <= deployment.spec.replicas!);
        const after = apply(sets, rollingStep(deployment, newSet, oldSets));
        const { maxSurge, maxUnavailable } = surgeOf(deployment);
        const replicas = deployment.spec.replicas!;
        expect(total(after)).toBeLessThanOrEqual(Math.max(total(sets), replicas + maxSurge));
        expect(available(after)).toBeGreaterThanOrEqual(Math.min(available(sets), replicas - maxUnavailable));
      }),
    );
  });

  test("always ends with the new pods alone when they get ready", () => {
    fc.assert(
      fc.property(deployments, setsOf(1), (deployment, begin) => {
        let sets = begin;
        fc.pre(sets[0]!.spec.replicas! <= deployment.spec.replicas!);
        for (let step = 0; step < 200; step += 1) {
          const steps = rollingStep(deployment, sets[0]!, sets.slice(1));
          if (steps.length === 0 && available(sets) === total(sets)) break;
          sets = apply(sets, steps).map((set) => ({
            ...set,
            status: { replicas: set.spec.replicas!, availableReplicas: set.spec.replicas! },
          }));
        }
        expect(sets.map((set) => set.spec.replicas)).toEqual([
          deployment.spec.replicas,
          ...sets.slice(1).map(() => 0),
        ]);
      }),
    );
  });
});

describe("a scaling in the middle of a rollout", () => {
  test("comes to what may run, or to a little more where the largest set cannot give what rounding left, and never to less than nothing", () => {
    fc.assert(
      fc.property(deployments, setsOf(2), fc.nat(10), (deployment, list, room) => {
        const replicas = deployment.spec.replicas!;
        const most = String(total(list) + room);
        // What the sets were last sized for: another number than now, and not less than there is.
        const annotations = { [desiredAnnotation]: String(replicas + 1), [maxAnnotation]: most };
        const sets = list.map((set) => ({ ...set, metadata: { ...set.metadata, annotations } }));
        fc.pre(sets.filter((set) => set.spec.replicas! > 0).length > 1);
        const after = apply(sets, scalingStep(deployment, sets[0], sets.slice(1)));
        expect(Math.min(...after.map((set) => set.spec.replicas!))).toBeGreaterThanOrEqual(0);
        const allowed = replicas === 0 ? 0 : replicas + surgeOf(deployment).maxSurge;
        // As in Kubernetes, what rounding leaves to take is taken from one set, and that may have less.
        const emptied = after.some(
          (set, at) => set.spec.replicas === 0 && sets[at]!.spec.replicas === Math.max(...sizesOf(sets)),
        );
        expect(total(after)).toBeGreaterThanOrEqual(allowed);
        expect(total(after) === allowed || emptied).toBe(true);
        expect(total(after) - allowed).toBeLessThan(sets.length);
      }),
    );
  });

  test("of five equal sets to three pods leaves four, as the share of each is rounded up", () => {
    const deployment = deploymentOf({ replicas: 2, maxSurge: 1, maxUnavailable: 0 });
    const annotations = { [desiredAnnotation]: "3", [maxAnnotation]: "20" };
    const sets = [0, 1, 2, 3, 4].map((index) => setOf(index, 4, 4, annotations));
    const after = apply(sets, scalingStep(deployment, sets[0], sets.slice(1)));
    expect(sizesOf(after)).toEqual([0, 1, 1, 1, 1]);
  });
});
