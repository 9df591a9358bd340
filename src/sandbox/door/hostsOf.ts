import { labels, type KubeObject } from "../../contract/index.ts";
import { orderedTable, rulesOf, type RouteRule, type RouteTable } from "../../routing/index.ts";

export interface Hosts {
  /** Rules of all objects, and the same again under the hosts that the door adds. */
  readonly table: RouteTable;
  /** One host per exposed component, the one to show: `COMPONENT.PLATFORM.localhost`. */
  readonly components: readonly { component: string; host: string }[];
}

/**
 * The hosts of exposed objects: their own, `OBJECTNAME.PLATFORM.localhost`, and `COMPONENT.PLATFORM.localhost`. When two environments expose the same component, the
 * plain name belongs to the one whose object is older; the other is shown under its object's name.
 */
export function hostsOf(objects: readonly KubeObject[], platform: string): Hosts {
  const exposed = objects
    .map((object) => ({ object, ...rulesOf(object) }))
    .filter((entry) => entry.rules.length > 0)
    .toSorted((a, b) => compare(ageOf(a.object), ageOf(b.object)));
  const holder = new Map<string, string>();
  for (const { object } of exposed) {
    const component = componentOf(object);
    if (!holder.has(component)) holder.set(component, instanceOf(object));
  }
  const rules: RouteRule[] = [];
  const components = new Map<string, string>();
  for (const { object, rules: own } of exposed) {
    rules.push(...own);
    const component = componentOf(object);
    const names = new Set([hostLabel(object.metadata.name!)]);
    const plain = holder.get(component) === instanceOf(object);
    if (plain) names.add(hostLabel(component));
    for (const name of names)
      for (const rule of oncePerMatch(own)) rules.push({ ...rule, host: `${name}.${platform}.localhost` });
    const shown = plain ? component : object.metadata.name!;
    components.set(shown, `${hostLabel(shown)}.${platform}.localhost`);
  }
  return {
    table: orderedTable(
      rules,
      exposed.flatMap((entry) => entry.problems),
    ),
    components: [...components].map(([component, host]) => ({ component, host })),
  };
}

const componentOf = (object: KubeObject): string =>
  object.metadata.labels?.[labels.name] ?? object.metadata.name!;
const instanceOf = (object: KubeObject): string =>
  `${object.metadata.namespace}/${object.metadata.labels?.[labels.instance] ?? ""}`;
const ageOf = (object: KubeObject): string =>
  `${object.metadata.creationTimestamp ?? ""} ${object.metadata.namespace}/${object.metadata.name}`;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
/** Object names may have dots; a label of a host may not. */
const hostLabel = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9-]/g, "-");

/** A rule that names several hosts is listed once for each. */
function oncePerMatch(rules: readonly RouteRule[]): RouteRule[] {
  const seen = new Set<string>();
  return rules.filter(({ source }) => {
    const id = `${source.rule} ${source.match}`;
    return !seen.has(id) && Boolean(seen.add(id));
  });
}
