import type { KubeObject } from "../../../../contract/index.ts";
import { timeOf } from "../../../Clock.ts";
import { updateManagedFields } from "../../apply/index.ts";
import type { ServerContext } from "../../ServerContext.ts";
import type { Stored } from "../../store/Store.ts";
import { denied, type AdmissionPlugin, type AdmissionRequest } from "../AdmissionRequest.ts";
import { amountsText, excess, isMore, masked, namesOf, sum, withoutZeros, type Amounts } from "../amounts.ts";
import { isInScope, type Scoped } from "./scopes.ts";
import { namesUsedBy, unsaid, usageOf } from "./usage.ts";

interface Quota extends KubeObject {
  spec?: Scoped & { hard?: Amounts };
  status?: { hard?: Amounts; used?: Amounts };
}

const collection = "resourcequotas";

/** Not stored, or never counted. */
const ignored: ReadonlySet<string> = new Set(["bindings", "events", "events.k8s.io/events"]);

/**
 * Refuses what would exceed a quota, and counts what is let in. As on a real server a quota holds from when its controller has
 * written its status.
 */
export const resourceQuota: AdmissionPlugin = {
  name: "ResourceQuota",
  validate(request) {
    const { context, kind, object } = request;
    if (!kind.namespaced || ignored.has(kind.collection) || !isCounted(request)) return undefined;
    const quotas = context.store.list(collection, object.metadata.namespace ?? "");
    if (quotas.length === 0) return undefined;
    const interesting = quotas.filter((stored) => isAbout(stored.object as Quota, request));
    const changes = interesting
      .map((stored) => ({ stored, delta: deltaOf(stored.object as Quota, request) }))
      .filter(({ delta }) => namesOf(delta).length > 0)
      .map(({ stored, delta }) => ({ stored, used: usedWith(stored.object as Quota, delta, request) }));
    if (changes.length === 0) return undefined;
    return () => {
      for (const { stored, used } of changes) charge(context, stored, used);
    };
  },
};

/** May this write change what is used? */
function isCounted({ kind, operation, subresource, object, live }: AdmissionRequest): boolean {
  if (subresource !== "") return false;
  if (operation === "CREATE") return true;
  if (kind.group !== "") return false;
  if (kind.plural === "services" || kind.plural === "persistentvolumeclaims") return true;
  const deadline = (of: KubeObject | undefined): boolean =>
    (of?.spec as { activeDeadlineSeconds?: number } | undefined)?.activeDeadlineSeconds !== undefined;
  return kind.plural === "pods" && deadline(object) !== deadline(live);
}

function matches({ spec = {}, status = {} }: Quota, { kind }: AdmissionRequest, object: KubeObject): boolean {
  const names = namesUsedBy(kind, namesOf(status.hard ?? {}));
  return names.length > 0 && isInScope(spec, object, kind.group === "" ? kind.plural : "");
}

/** Whether a quota limits the object; refuses one that does not say what it has to, and quotas that nobody counted yet. */
function isAbout(quota: Quota, request: AdmissionRequest): boolean {
  const { kind, object } = request;
  if (!matches(quota, request, object)) return false;
  const name = quota.metadata.name ?? "";
  const names = namesUsedBy(kind, namesOf(quota.status?.hard ?? {}));
  const missing = unsaid(kind, names, object);
  if (missing !== undefined) throw denied(request, `failed quota: ${name}: ${missing}`);
  if (names.some((one) => quota.status?.used?.[one] === undefined))
    throw denied(request, `status unknown for quota: ${name}, resources: ${names.toSorted().join(",")}`);
  return true;
}

function deltaOf(quota: Quota, request: AdmissionRequest): Amounts {
  const { context, kind, object, live } = request;
  const now = context.clock.now();
  const usage = usageOf(kind, object, now);
  const before = live !== undefined && matches(quota, request, live) ? usageOf(kind, live, now) : undefined;
  return withoutZeros(before === undefined ? usage : excess(usage, before));
}

function usedWith(quota: Quota, delta: Amounts, request: AdmissionRequest): Amounts {
  const { hard = {}, used = {} } = quota.status ?? {};
  const requested = masked(delta, namesOf(hard));
  const next = sum(used, requested);
  const exceeded = namesOf(requested).filter((name) => isMore(next[name] ?? "0", hard[name] ?? "0"));
  if (exceeded.length > 0) {
    const text = (amounts: Amounts): string => amountsText(masked(amounts, exceeded));
    throw denied(
      request,
      `exceeded quota: ${quota.metadata.name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`,
    );
  }
  return next;
}

function charge(context: ServerContext, { key, object: live }: Stored, used: Amounts): void {
  const kind = context.kinds.find("", "v1", collection);
  if (kind === undefined) return;
  const next: KubeObject = {
    ...live,
    metadata: structuredClone(live.metadata),
    status: { ...(live as Quota).status, used },
  };
  updateManagedFields({
    live,
    next,
    schema: kind.schema,
    manager: "kube-apiserver",
    apiVersion: "v1",
    subresource: "status",
    now: timeOf(context.clock.now()),
    resetFields: kind.strategy.resetFields("status"),
  });
  context.store.put(collection, key, next);
}
