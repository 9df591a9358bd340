import { MoorageError, type KubeObject } from "../../contract/index.ts";
import type { RenderedComponent } from "../../platform/Rendering.ts";
import { isMap } from "../plan/deepEqual.ts";
import { groupKind, objectKey, refOf } from "../objectKey.ts";
import type { WantedObject } from "../plan/wantedObject.ts";
import { findCycle, type Graph, type GraphNode } from "./Graph.ts";
import { podLabelsOf, podTemplateOf, referencesOf, selects } from "./references.ts";

/** Nothing happens when these change; when a cycle runs through them, they need not wait for the component that they belong to. */
const passiveKinds: ReadonlySet<string> = new Set([
  "/ConfigMap",
  "/Secret",
  "/ServiceAccount",
  "/PersistentVolumeClaim",
  "/PersistentVolume",
  "/Service",
  "/LimitRange",
  "/ResourceQuota",
  "networking.k8s.io/NetworkPolicy",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
]);

export const readyNode = (component: string): string => `ready ${component}`;

/**
 * The order of a deploy: a node for every object, and one for every component, which is done when the component is ready. An object comes after what it refers to; the objects of a
 * component come after the components that it names in `after` are ready.
 */
export function buildGraph(wanted: readonly WantedObject[], components: readonly RenderedComponent[]): Graph {
  const nodes = new Map<string, Set<string>>();
  const objects = new Map<string, WantedObject>();
  for (const one of wanted) {
    const key = objectKey(refOf(one.object));
    objects.set(key, one);
    nodes.set(key, new Set());
  }
  const link = (from: string, to: string): void => {
    if (from !== to && nodes.has(to)) nodes.get(from)?.add(to);
  };

  linkObjects(objects, link);

  const keys = new Set(components.map((component) => component.key));
  for (const component of components) nodes.set(readyNode(component.key), new Set());
  const loose: [string, string][] = [];
  for (const component of components) {
    const own = [...objects].filter(([, one]) => one.component === component.key);
    for (const [key] of own) link(readyNode(component.key), key);
    for (const before of component.after.filter((key) => keys.has(key))) {
      link(readyNode(component.key), readyNode(before));
      for (const [key, one] of own) {
        link(key, readyNode(before));
        if (passiveKinds.has(groupKind(one.object))) loose.push([key, readyNode(before)]);
      }
    }
  }
  return settle(nodes, loose, objects);
}

/** Takes edges that are only tidy out of cycles; a cycle that is left is the user's to resolve. */
function settle(
  nodes: Map<string, Set<string>>,
  loose: readonly [string, string][],
  objects: ReadonlyMap<string, WantedObject>,
): Graph {
  for (;;) {
    const graph: Graph = new Map(
      [...nodes].map(([key, after]): [string, GraphNode] => [key, { key, after: [...after].toSorted() }]),
    );
    const cycle = findCycle(graph);
    if (cycle === undefined) return graph;
    const edges = cycle.map((key, index) => [key, cycle[(index + 1) % cycle.length]] as const);
    const removable = loose.find(([from, to]) => edges.some(([a, b]) => a === from && b === to));
    if (removable === undefined) throw cycleError(cycle, objects);
    nodes.get(removable[0])?.delete(removable[1]);
  }
}

function cycleError(cycle: readonly string[], objects: ReadonlyMap<string, WantedObject>): MoorageError {
  const names = cycle.map((key) => {
    const object = objects.get(key)?.object;
    return object === undefined
      ? key.replace(/^ready /, "component ")
      : `${object.kind} ${object.metadata.name}`;
  });
  return new MoorageError(
    "PlatformInvalid",
    `These wait for each other: ${[...names, names[0]].join(" -> ")}.`,
    {
      hint: "Take one `after`, or one reference, out of the platform file.",
      exitCode: 2,
    },
  );
}

function linkObjects(
  objects: ReadonlyMap<string, WantedObject>,
  link: (from: string, to: string) => void,
): void {
  const all = [...objects].map(([key, { object }]) => ({ key, object, pods: podsOf(object) }));
  const ofKind = (kind: string) => all.filter((one) => groupKind(one.object) === kind);
  const bindings = [
    ...ofKind("rbac.authorization.k8s.io/RoleBinding"),
    ...ofKind("rbac.authorization.k8s.io/ClusterRoleBinding"),
  ].map(({ key, object }) => ({ key, references: referencesOf(object) }));
  const definitions = ofKind("apiextensions.k8s.io/CustomResourceDefinition").map(({ key, object }) => {
    const spec = object["spec"] as { group?: string; names?: { kind?: string } };
    return { key, kind: `${spec.group ?? ""}/${spec.names?.kind ?? ""}` };
  });
  const limits = [
    ...ofKind("/LimitRange"),
    ...ofKind("/ResourceQuota"),
    ...ofKind("networking.k8s.io/NetworkPolicy"),
  ].map(({ key, object }) => ({ key, choice: choiceOf(object) }));
  const limitsByPlace = Map.groupBy(limits, ({ choice }) => choice.place);

  for (const { key, object, pods } of all) {
    const references = referencesOf(object);
    for (const reference of references) link(key, reference);
    for (const definition of definitions)
      if (definition.kind === groupKind(object)) link(key, definition.key);
    if (pods === undefined) continue;
    for (const place of placesOf(pods))
      for (const { key: limit, choice } of limitsByPlace.get(place) ?? [])
        if (choice.chooses(pods)) link(key, limit);
    // A pod must not start before its account may do what it needs.
    const accounts = references.filter((reference) => reference.startsWith("/ServiceAccount/"));
    for (const binding of bindings) {
      if (binding.references.some((reference) => accounts.includes(reference))) link(key, binding.key);
    }
  }
  for (const { key, object } of ofKind("policy/PodDisruptionBudget")) {
    const { chooses } = choiceOf(object);
    for (const one of all) if (one.pods !== undefined && chooses(one.pods)) link(key, one.key);
  }
}

/** The pods that an object will make, as far as policies go by it. */
interface Pods {
  readonly namespace: string | undefined;
  readonly labels: unknown;
}

const podsOf = (object: KubeObject): Pods | undefined =>
  podTemplateOf(object) === undefined
    ? undefined
    : { namespace: object.metadata.namespace, labels: podLabelsOf(object) };

/** Which pods a policy concerns. */
interface Choice {
  /** All that it concerns are at this place: a namespace, or what has a certain label there. Of hundreds of policies, those that come into question are so found without looking at each. */
  readonly place: string;
  chooses(this: void, pods: Pods): boolean;
}

const placeOf = (namespace: string | undefined, label?: readonly [string, unknown]): string =>
  `${namespace ?? ""} ${label === undefined ? "" : `${label[0]}=${String(label[1])}`}`;

const placesOf = ({ namespace, labels }: Pods): string[] => [
  placeOf(namespace),
  ...Object.entries(isMap(labels) ? labels : {}).map((label) => placeOf(namespace, label)),
];

/** A policy without selector concerns all in its namespace. */
function choiceOf(policy: KubeObject): Choice {
  const { namespace } = policy.metadata;
  const spec = isMap(policy["spec"]) ? policy["spec"] : {};
  const selector = spec["podSelector"] ?? spec["selector"];
  if (!isMap(selector) || Object.keys(selector).length === 0)
    return { place: placeOf(namespace), chooses: (pods) => pods.namespace === namespace };
  const { matchLabels } = selector;
  const [first] = Object.entries(isMap(matchLabels) ? matchLabels : {});
  return {
    place: placeOf(namespace, first),
    chooses: (pods) => pods.namespace === namespace && selects(matchLabels, pods.labels),
  };
}
