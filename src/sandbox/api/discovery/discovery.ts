import { createHash } from "node:crypto";
import { apiVersionOf } from "../../../kube/KindInfo.ts";
import type { SubresourceInfo } from "../../../kube/table/builtinKinds.ts";
import type { ApiRequest, ApiResponse } from "../ApiRequest.ts";
import type { ServedKind } from "../ServedKind.ts";

const json = { "content-type": "application/json" };
const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface ServedVersion {
  readonly version: string;
  readonly kinds: ServedKind[];
}
interface ServedGroup {
  readonly group: string;
  readonly versions: ServedVersion[];
}

/** Newest stable first, then betas, then alphas. Source: k8s.io/apimachinery/pkg/version/helpers.go. */
export function compareVersions(a: string, b: string): number {
  const rank = (version: string): readonly number[] => {
    const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version);
    if (match === null) return [0, 0, 0];
    return [
      match[2] === undefined ? 3 : match[2] === "beta" ? 2 : 1,
      Number(match[1]),
      Number(match[3] ?? 0),
    ];
  };
  const [x, y] = [rank(a), rank(b)];
  for (let i = 0; i < 3; i++) if (x[i] !== y[i]) return (y[i] ?? 0) - (x[i] ?? 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

function groupsOf(kinds: Iterable<ServedKind>): ServedGroup[] {
  const groups = new Map<string, Map<string, ServedKind[]>>();
  for (const kind of kinds) {
    const versions = groups.get(kind.group) ?? new Map<string, ServedKind[]>();
    groups.set(kind.group, versions);
    versions.set(kind.version, [...(versions.get(kind.version) ?? []), kind]);
  }
  return [...groups].map(([group, versions]) => ({
    group,
    versions: [...versions]
      .toSorted(([a], [b]) => compareVersions(a, b))
      .map(([version, list]) => ({
        version,
        kinds: list.toSorted((a, b) => (a.plural < b.plural ? -1 : 1)),
      })),
  }));
}

/** What is known of a subresource; a custom kind's `status` speaks its own kind. */
function subresourceOf(kind: ServedKind, name: string): SubresourceInfo {
  const known = kind.subresourceInfos?.find((one) => one.name === name);
  if (known !== undefined) return known;
  const verbs = ["get", "patch", "update"];
  if (name === "scale") return { name, group: "autoscaling", version: "v1", kind: "Scale", verbs };
  return { name, group: kind.group, version: kind.version, kind: kind.kind, verbs };
}

/** Group and version are said only where they are not those that it stands under; custom kinds always say them. */
function responseKind(
  { group, version, kind }: { group: string; version: string; kind: string },
  under: ServedKind,
): Record<string, string> {
  const own = under.custom === undefined && group === under.group && version === under.version;
  return own ? { group: "", version: "", kind } : { group, version, kind };
}

function aggregatedList(groups: ServedGroup[]): unknown {
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map(({ group, versions }) => ({
      metadata: group === "" ? {} : { name: group },
      versions: versions.map(({ version, kinds }) => ({
        version,
        resources: kinds.map((kind) => ({
          resource: kind.plural,
          responseKind: responseKind(kind, kind),
          scope: kind.namespaced ? "Namespaced" : "Cluster",
          singularResource: kind.singular,
          verbs: kind.verbs,
          ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
          ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
          ...(kind.subresources.length > 0
            ? {
                subresources: kind.subresources.map((name) => {
                  const info = subresourceOf(kind, name);
                  return {
                    subresource: name,
                    responseKind: responseKind(info, kind),
                    verbs: info.verbs,
                  };
                }),
              }
            : {}),
        })),
        freshness: "Current",
      })),
    })),
  };
}

function apiGroup({ group, versions }: ServedGroup): Record<string, unknown> {
  const entries = versions.map(({ version }) => ({ groupVersion: `${group}/${version}`, version }));
  return { name: group, versions: entries, preferredVersion: entries[0] };
}

/** By which a client sees that the version has changed in which objects are stored. Source: k8s.io/apiserver, discovery/storageversionhash.go. */
const storageVersionHash = ({ storedAs, kind }: ServedKind): string =>
  createHash("sha256").update(`${storedAs}/${kind}`).digest().subarray(0, 8).toString("base64");

function resourceList({ kinds }: ServedVersion, groupVersion: string): Record<string, unknown> {
  const resources = kinds.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: kind.namespaced,
      kind: kind.kind,
      verbs: kind.verbs,
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      ...(kind.custom === undefined ? {} : { storageVersionHash: storageVersionHash(kind) }),
    },
    ...kind.subresources.map((name) => {
      const info = subresourceOf(kind, name);
      const own = info.group === kind.group && info.version === kind.version;
      return {
        name: `${kind.plural}/${name}`,
        singularName: "",
        namespaced: kind.namespaced,
        ...(own ? {} : { group: info.group, version: info.version }),
        kind: info.kind,
        verbs: info.verbs,
      };
    }),
  ]);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources };
}

/** `/api`, `/apis` and what lies below them until a collection. Undefined when the path is none of these. */
export function discovery(kinds: Iterable<ServedKind>, request: ApiRequest): ApiResponse | undefined {
  const parts = request.path.split("/").filter((part) => part !== "");
  if (
    parts.length > 3 ||
    (parts[0] !== "api" && parts[0] !== "apis") ||
    (parts[0] === "api" && parts.length > 2)
  )
    return undefined;
  const groups = groupsOf(kinds);
  const core = parts[0] === "api";
  const shown = groups.filter(({ group }) => (group === "") === core);
  const answer = (value: unknown, headers: Record<string, string> = json): ApiResponse => ({
    status: 200,
    headers,
    body: JSON.stringify(value),
  });
  if (parts.length === 1) {
    if (acceptsAggregated(request.headers["accept"]))
      return answer(aggregatedList(shown), { "content-type": aggregated, vary: "Accept" });
    if (core)
      return answer({
        kind: "APIVersions",
        versions: ["v1"],
        serverAddressByClientCIDRs: [
          { clientCIDR: "0.0.0.0/0", serverAddress: request.headers["host"] ?? "127.0.0.1" },
        ],
      });
    return answer({ kind: "APIGroupList", apiVersion: "v1", groups: shown.map(apiGroup) });
  }
  if (core) {
    const found = shown[0]?.versions.find(({ version }) => version === parts[1]);
    if (found === undefined) return undefined;
    {
      // The core group's list alone leaves its apiVersion out.
      const { apiVersion: _apiVersion, ...list } = resourceList(found, found.version);
      return answer(list);
    }
  }
  const group = shown.find((one) => one.group === parts[1]);
  if (group === undefined) return undefined;
  if (parts.length === 2) return answer({ kind: "APIGroup", apiVersion: "v1", ...apiGroup(group) });
  const found = group.versions.find(({ version }) => version === parts[2]);
  if (found === undefined) return undefined;
  return answer(resourceList(found, `${group.group}/${found.version}`));
}

/** Whether the first thing the client would take, of what we have, is the aggregated form. */
function acceptsAggregated(accept: string | undefined): boolean {
  for (const range of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim());
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") continue;
    const given = new Map(parameters.map((one) => one.split("=") as [string, string]));
    if (given.get("as") === undefined) return false;
    if (
      given.get("g") === "apidiscovery.k8s.io" &&
      given.get("v") === "v2" &&
      given.get("as") === "APIGroupDiscoveryList"
    )
      return true;
  }
  return false;
}

/** `apis/apps/v1`, `api/v1`: the keys of the OpenAPI v3 index. */
export const openApiKey = (kind: ServedKind): string =>
  kind.group === "" ? `api/${kind.version}` : `apis/${apiVersionOf(kind)}`;
