import { get, type ParityCase } from "../ParityCase.ts";
import { builtinKinds } from "../../../src/kube/index.ts";

const aggregated = {
  accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
};

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- Discovery documents are read here and there only.

const known = new Set(builtinKinds.map(({ group, version, plural }) => `${group}/${version}/${plural}`));
const groups = new Set(builtinKinds.map(({ group }) => group).filter((group) => group !== ""));
const versions = [
  ...new Set(
    builtinKinds.map(({ group, version }) =>
      group === "" ? `/api/${version}` : `/apis/${group}/${version}`,
    ),
  ),
];
const servedVersion = (groupVersion: string): boolean =>
  versions.includes(`/apis/${groupVersion}`) || versions.includes(`/api/${groupVersion}`);

/** Only the kinds that the sandbox has: a real server has more. */
const ofResources =
  (path: string) =>
  (body: unknown): unknown => {
    const list = body as Json;
    const [group, version] = path.startsWith("/apis/") ? path.slice(6).split("/") : ["", path.slice(5)];
    const resources = (list["resources"] as Json[] | undefined)
      ?.filter(({ name }) => known.has(`${group}/${version}/${(name as string).split("/")[0]}`))
      .map(({ storageVersionHash: _hash, ...rest }) => rest)
      .toSorted((a, b) => ((a["name"] as string) < (b["name"] as string) ? -1 : 1));
    return { ...list, resources };
  };
const ofGroups = (body: unknown): unknown => {
  const list = body as Json;
  return {
    ...list,
    groups: (list["groups"] as Json[] | undefined)
      ?.filter(({ name }) => groups.has(name as string))
      .map((group) => ({
        ...group,
        versions: (group["versions"] as Json[]).filter(({ groupVersion }) =>
          servedVersion(groupVersion as string),
        ),
      }))
      .toSorted((a, b) => ((a as Json)["name"] < (b as Json)["name"] ? -1 : 1)),
  };
};
const ofAggregated = (body: unknown): unknown => {
  const list = body as Json;
  return {
    ...list,
    items: (list["items"] as Json[] | undefined)
      ?.filter(({ metadata }) => metadata?.name === undefined || groups.has(metadata.name as string))
      .map((item) => ({
        ...item,
        versions: (item["versions"] as Json[])
          .map((version) => ({
            ...version,
            resources: (version["resources"] as Json[])
              .filter(({ resource }) =>
                known.has(`${item["metadata"]?.name ?? ""}/${version["version"]}/${resource}`),
              )
              .toSorted((a, b) => (a["resource"] < b["resource"] ? -1 : 1)),
          }))
          .filter(({ resources }) => resources.length > 0),
      }))
      .toSorted((a, b) =>
        ((a as Json)["metadata"].name ?? "") < ((b as Json)["metadata"].name ?? "") ? -1 : 1,
      ),
  };
};
/** Of an OpenAPI document: what kubectl looks for. */
const ofOpenApi =
  (path: string) =>
  (body: unknown): unknown => {
    const document = body as Json;
    const operation = document["paths"]?.[path]?.patch as Json | undefined;
    return {
      openapi: document["openapi"],
      kind: operation?.["x-kubernetes-group-version-kind"],
      action: operation?.["x-kubernetes-action"],
      // Those that kubectl tests for; the whole list is long and says nothing more.
      parameters: (operation?.["parameters"] as Json[] | undefined)
        ?.map(({ name }) => name as string)
        .filter((name) => ["dryRun", "fieldManager", "fieldValidation", "force"].includes(name)),
      bodies: Object.keys(operation?.["requestBody"]?.content ?? {}).toSorted(),
    };
  };
const keysOf = (body: unknown): unknown => Object.keys(body as object).toSorted();
const openApiPaths: readonly (readonly [string, string])[] = [
  ["api/v1", "/api/v1/namespaces/{namespace}/configmaps/{name}"],
  ["apis/apps/v1", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"],
  ["apis/batch/v1", "/apis/batch/v1/namespaces/{namespace}/jobs/{name}"],
];

/** What a client asks first. */
export const discoveryCases: readonly ParityCase[] = [
  {
    title: "the version, and whether it is ready",
    steps: [
      {
        ...get("/version"),
        view: (body) => ({
          ...(body as Json),
          buildDate: "",
          gitCommit: "",
          gitVersion: (body as Json)["gitVersion"]?.replace(/\+.*|(-.*)/, ""),
          goVersion: "",
          platform: "",
          gitTreeState: "",
          compiler: "",
        }),
      },
      get("/readyz"),
      get("/livez"),
      get("/healthz"),
    ],
  },
  {
    title: "the versions of the core group",
    steps: [
      { ...get("/api"), view: (body) => ({ ...(body as Json), serverAddressByClientCIDRs: undefined }) },
    ],
  },
  { title: "the list of groups", steps: [{ ...get("/apis"), view: ofGroups }] },
  {
    title: "aggregated discovery of the core group",
    steps: [{ ...get("/api", {}, aggregated), view: ofAggregated }],
  },
  {
    title: "aggregated discovery of the groups",
    steps: [{ ...get("/apis", {}, aggregated), view: ofAggregated }],
  },
  ...versions.map((path): ParityCase => ({
    title: `the kinds of ${path}`,
    steps: [{ ...get(path), view: ofResources(path) }],
  })),
  ...[...groups].map((group): ParityCase => ({
    title: `the group ${group}`,
    steps: [
      {
        ...get(`/apis/${group}`),
        view: (body) => ((ofGroups({ groups: [body] }) as Json)["groups"] as unknown[])[0],
      },
    ],
  })),
  {
    title: "the index of OpenAPI",
    steps: [
      {
        ...get("/openapi/v3"),
        view: (body) =>
          versions.map((path) => [
            path,
            ((body as Json)["paths"]?.[path.slice(1)] as Json | undefined)?.["serverRelativeURL"]?.replace(
              /hash=\w+/,
              "hash=",
            ),
          ]),
      },
    ],
  },
  ...openApiPaths.map(([key, path]): ParityCase => ({
    title: `the OpenAPI document of ${key}`,
    steps: [{ ...get(`/openapi/v3/${key}`), view: ofOpenApi(path) }],
  })),
  {
    title: "an OpenAPI document that is not there",
    steps: [{ ...get("/openapi/v3/apis/nonsense/v1"), view: keysOf }],
  },
];
