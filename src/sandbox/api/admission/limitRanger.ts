import type { KubeObject } from "../../../contract/index.ts";
import type { Container, PodSpec } from "../kinds/shapes.ts";
import { nanosOf } from "../schema/quantity.ts";
import {
  aggregate,
  denied,
  isCore,
  type AdmissionPlugin,
  type AdmissionRequest,
} from "./AdmissionRequest.ts";
import { isMore, type Amounts } from "./amounts.ts";
import { podAmounts } from "./podAmounts.ts";

interface Limit {
  readonly type?: string;
  readonly min?: Amounts;
  readonly max?: Amounts;
  readonly default?: Amounts;
  readonly defaultRequest?: Amounts;
  readonly maxLimitRequestRatio?: Amounts;
}

const limitsOf = (object: KubeObject): readonly Limit[] =>
  ((object.spec ?? {}) as { limits?: readonly Limit[] }).limits ?? [];

const rangesOf = ({ context, object }: AdmissionRequest): readonly KubeObject[] =>
  context.store.list("limitranges", object.metadata.namespace ?? "").map((stored) => stored.object);

/** Fills in what a namespace's LimitRanges give by default, and holds pods and claims to their bounds. */
export const limitRanger: AdmissionPlugin = {
  name: "LimitRanger",
  mutate(request) {
    if (!isCore(request, "pods") || request.operation !== "CREATE") return;
    for (const range of rangesOf(request)) fillIn(request.object, limitsOf(range));
  },
  validate(request) {
    const { object, live, operation } = request;
    const isPod = isCore(request, "pods");
    if (isPod ? operation !== "CREATE" : !isCore(request, "persistentvolumeclaims")) return;
    if (live?.metadata.deletionTimestamp !== undefined) return;
    for (const range of rangesOf(request)) {
      const problems = limitsOf(range).flatMap((limit) =>
        isPod ? podProblems(limit, (object.spec ?? {}) as PodSpec) : claimProblems(limit, object),
      );
      if (problems.length > 0) throw denied(request, aggregate(problems));
    }
  },
};

function fillIn(pod: KubeObject, limits: readonly Limit[]): void {
  const own = limits.filter(({ type }) => type === "Container");
  const defaults = {
    requests: Object.assign({}, ...own.map((limit) => limit.defaultRequest)) as Amounts,
    limits: Object.assign({}, ...own.map((limit) => limit.default)) as Amounts,
  };
  const said: string[] = [];
  const spec = (pod.spec ?? {}) as PodSpec;
  const fill = (container: Container, what: string): void => {
    const resources = (container.resources ??= {});
    for (const sort of ["requests", "limits"] as const) {
      const missing = Object.keys(defaults[sort]).filter((name) => resources[sort]?.[name] === undefined);
      if (missing.length === 0) continue;
      const amounts = (resources[sort] ??= {});
      for (const name of missing) amounts[name] = defaults[sort][name] as string;
      said.push(`${missing.toSorted().join(", ")} ${sort.slice(0, -1)} for ${what} ${container.name ?? ""}`);
    }
  };
  for (const container of spec.containers ?? []) fill(container, "container");
  for (const container of spec.initContainers ?? []) fill(container, "init container");
  if (said.length === 0) return;
  const annotations = (pod.metadata.annotations ??= {});
  annotations["kubernetes.io/limit-ranger"] = `LimitRanger plugin set: ${said.join("; ")}`;
}

interface Asked {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

function podProblems(limit: Limit, spec: PodSpec): string[] {
  if (limit.type === "Container") {
    return [...(spec.containers ?? []), ...(spec.initContainers ?? [])].flatMap(({ resources = {} }) =>
      problemsOf(limit, { requests: resources.requests ?? {}, limits: resources.limits ?? {} }),
    );
  }
  if (limit.type !== "Pod") return [];
  return problemsOf(limit, { requests: podAmounts(spec, "requests"), limits: podAmounts(spec, "limits") });
}

const problemsOf = (limit: Limit, asked: Asked): string[] => [
  ...each(limit.min, (name, bound) => tooLittle(limit, name, bound, asked)),
  ...each(limit.max, (name, bound) => tooMuch(limit, name, bound, asked)),
  ...each(limit.maxLimitRequestRatio, (name, bound) => tooFarApart(limit, name, bound, asked)),
];

function claimProblems(limit: Limit, claim: KubeObject): string[] {
  if (limit.type !== "PersistentVolumeClaim") return [];
  const { resources } = (claim.spec ?? {}) as Container;
  const requests = resources?.requests ?? {};
  return [
    ...each(limit.min, (name, bound) => tooLittle(limit, name, bound, { requests, limits: {} })),
    ...each(limit.max, (name, bound) => {
      const request = requests[name];
      const most = `maximum ${name} usage per ${limit.type} is ${bound}`;
      if (request === undefined) return `${most}.  No request is specified`;
      return isMore(request, bound) ? `${most}, but request is ${request}` : undefined;
    }),
  ];
}

const each = (
  bounds: Amounts | undefined,
  problem: (name: string, bound: string) => string | undefined,
): string[] =>
  Object.entries(bounds ?? {})
    .map(([name, bound]) => problem(name, bound))
    .filter((text) => text !== undefined);

function tooLittle({ type }: Limit, name: string, bound: string, asked: Asked): string | undefined {
  const [request, limit] = [asked.requests[name], asked.limits[name]];
  const least = `minimum ${name} usage per ${type} is ${bound}`;
  if (request === undefined) return `${least}.  No request is specified`;
  if (isMore(bound, request)) return `${least}, but request is ${request}`;
  return limit !== undefined && isMore(bound, limit) ? `${least}, but limit is ${limit}` : undefined;
}

function tooMuch({ type }: Limit, name: string, bound: string, asked: Asked): string | undefined {
  const [request, limit] = [asked.requests[name], asked.limits[name]];
  const most = `maximum ${name} usage per ${type} is ${bound}`;
  if (limit === undefined) return `${most}.  No limit is specified`;
  if (isMore(limit, bound)) return `${most}, but limit is ${limit}`;
  return request !== undefined && isMore(request, bound) ? `${most}, but request is ${request}` : undefined;
}

function tooFarApart({ type }: Limit, name: string, bound: string, asked: Asked): string | undefined {
  const amount = (text: string | undefined): number => Number(nanosOf(text ?? "0") ?? 0n);
  const [request, limit] = [amount(asked.requests[name]), amount(asked.limits[name])];
  const most = `${name} max limit to request ratio per ${type} is ${bound}`;
  if (request === 0) return `${most}, but no request is specified or request is 0`;
  if (limit === 0) return `${most}, but no limit is specified or limit is 0`;
  const ratio = limit / request;
  return ratio * 1e9 > amount(bound) ? `${most}, but provided ratio is ${ratio.toFixed(6)}` : undefined;
}
