import type { KubeStatus } from "../contract/index.ts";
import { kubeErrorOf } from "./KubeError.ts";
import type { KindInfo } from "./KindInfo.ts";
import type { Transport } from "./Transport.ts";

/** All versions of all kinds that a server serves, and which version of each group it prefers. */
export interface Discovery {
  readonly kinds: readonly KindInfo[];
  /** Group -> version. */
  readonly preferred: ReadonlyMap<string, string>;
  /** Groups whose own server did not answer (an aggregated API that is down). */
  readonly stale: readonly string[];
}

const aggregated = [
  "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
  "application/json",
].join(",");

interface AggregatedList {
  kind: "APIGroupDiscoveryList";
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: string;
      resources?: {
        resource: string;
        responseKind?: { group?: string; version?: string; kind?: string };
        scope: "Namespaced" | "Cluster";
        singularResource?: string;
        shortNames?: string[];
        categories?: string[];
        verbs?: string[];
        subresources?: { subresource: string }[];
      }[];
    }[];
  }[];
}
interface GroupList {
  kind: "APIGroupList";
  groups?: {
    name: string;
    versions?: { groupVersion: string; version: string }[];
    preferredVersion?: { version: string };
  }[];
}
interface ResourceList {
  resources?: {
    name: string;
    kind: string;
    namespaced: boolean;
    singularName?: string;
    shortNames?: string[];
    categories?: string[];
    verbs?: string[];
  }[];
}

/**
 * Asks for aggregated discovery (KEP-3352: two requests), and where the server does not speak it, for one list per group and version.
 */
export async function discover(transport: Transport, signal?: AbortSignal): Promise<Discovery> {
  const kinds: KindInfo[] = [];
  const preferred = new Map<string, string>();
  const stale: string[] = [];

  const get = async (path: string): Promise<unknown> => {
    const request = { method: "GET", path, headers: { accept: aggregated }, signal } as const;
    const response = await transport.send(request);
    if (response.status === 404) {
      await response.text();
      return undefined;
    }
    if (response.status >= 300) throw await kubeErrorOf(request, response);
    return response.json();
  };

  const legacy = async (group: string, version: string): Promise<void> => {
    const path = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    try {
      const list = (await get(path)) as ResourceList | undefined;
      kinds.push(...fromResourceList(group, version, list));
    } catch (error) {
      // One aggregated API that is down must not hide the others.
      if (group === "" || signal?.aborted) throw error;
      stale.push(`${group}/${version}`);
    }
  };

  const [core, groups] = (await Promise.all([get("/api"), get("/apis")])) as [
    AggregatedList | { versions?: string[] } | KubeStatus | undefined,
    AggregatedList | GroupList | undefined,
  ];
  for (const list of [core, groups]) {
    if (list && "items" in list) {
      const found = fromAggregated(list);
      kinds.push(...found.kinds);
      stale.push(...found.stale);
      for (const [group, version] of found.preferred) preferred.set(group, version);
    }
  }
  const pending: Promise<void>[] = [];
  if (core && "versions" in core) {
    for (const version of core.versions ?? []) pending.push(legacy("", version));
    preferred.set("", core.versions?.[0] ?? "v1");
  }
  if (groups && "groups" in groups) {
    for (const group of groups.groups ?? []) {
      const first = group.preferredVersion?.version ?? group.versions?.[0]?.version;
      if (first !== undefined) preferred.set(group.name, first);
      for (const { version } of group.versions ?? []) pending.push(legacy(group.name, version));
    }
  }
  await Promise.all(pending);
  return { kinds, preferred, stale };
}

/** Its objects. What another server than Kubernetes' wrote there is passed over: a kind that is missed is then named. */
const listOf = <T extends object>(list: readonly T[] | undefined): readonly T[] =>
  Array.isArray(list)
    ? (list as readonly T[]).filter((each) => typeof each === "object" && each !== null)
    : [];

function fromAggregated(list: AggregatedList): {
  kinds: KindInfo[];
  preferred: Map<string, string>;
  stale: string[];
} {
  const kinds: KindInfo[] = [];
  const preferred = new Map<string, string>();
  const stale: string[] = [];
  for (const item of listOf(list.items)) {
    const group = item.metadata?.name ?? "";
    for (const version of listOf(item.versions)) {
      if (!preferred.has(group)) preferred.set(group, version.version);
      if (version.freshness === "Stale") stale.push(`${group}/${version.version}`);
      for (const served of listOf(version.resources)) {
        const kind = served.responseKind?.kind;
        if (kind === undefined || kind === "") continue;
        kinds.push({
          group,
          version: version.version,
          kind,
          plural: served.resource,
          singular: served.singularResource || kind.toLowerCase(),
          namespaced: served.scope === "Namespaced",
          shortNames: served.shortNames ?? [],
          categories: served.categories ?? [],
          verbs: served.verbs ?? [],
          subresources: (served.subresources ?? []).map((each) => each.subresource),
        });
      }
    }
  }
  return { kinds, preferred, stale };
}

function fromResourceList(group: string, version: string, list: ResourceList | undefined): KindInfo[] {
  const served = list?.resources ?? [];
  const subresources = Map.groupBy(
    served.filter((each) => each.name.includes("/")),
    (each) => each.name.slice(0, each.name.indexOf("/")),
  );
  return served
    .filter((each) => !each.name.includes("/"))
    .map((each) => ({
      group,
      version,
      kind: each.kind,
      plural: each.name,
      singular: each.singularName || each.kind.toLowerCase(),
      namespaced: each.namespaced,
      shortNames: each.shortNames ?? [],
      categories: each.categories ?? [],
      verbs: each.verbs ?? [],
      subresources: (subresources.get(each.name) ?? []).map((sub) => sub.name.slice(each.name.length + 1)),
    }));
}
