import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import type { ApiResponse } from "./ApiRequest.ts";
import { requireNamespace } from "./admission/namespaceLifecycle.ts";
import { updateManagedFields } from "./apply/index.ts";
import { removeObject, type DeleteOptions } from "./deletes.ts";
import { requestBody } from "./requestBody.ts";
import { labelTestOf } from "./selectors.ts";
import { badRequest, conflict, forbidden, StatusError } from "./StatusError.ts";
import type { Stored } from "./store/Store.ts";
import { liveOf, type Write } from "./writes/Write.ts";

interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  observedGeneration?: number;
}

interface Budget extends KubeObject {
  spec?: { selector?: object; unhealthyPodEvictionPolicy?: string };
  status?: BudgetStatus;
}

interface BudgetStatus {
  observedGeneration?: number;
  disruptionsAllowed?: number;
  currentHealthy?: number;
  desiredHealthy?: number;
  disruptedPods?: Record<string, string>;
  conditions?: Condition[];
}

interface Pod extends KubeObject {
  status?: { phase?: string; conditions?: Condition[] };
}

interface Eviction extends KubeObject {
  deleteOptions?: DeleteOptions;
}

const collection = "policy/poddisruptionbudgets";

/** More than this many evictions that nobody has seen the end of, and no further one is let in. */
const mostDisrupted = 2000;

/** `POST /eviction`: a deletion that disruption budgets may refuse. (registry/core/pod/storage/eviction.go) */
export async function evictPod(write: Write): Promise<ApiResponse> {
  const { context, info, request } = write;
  const kind = context.kinds.find("policy", "v1", "poddisruptionbudgets");
  const eviction = ((await requestBody(request)).value ?? {}) as Partial<Eviction>;
  if (eviction.metadata?.name !== info.name)
    throw badRequest("name in URL does not match name in Eviction object");
  requireNamespace(context, write.kind, info.name ?? "", info.namespace ?? "");
  const options = eviction.deleteOptions ?? {};
  const dryRun = write.options.dryRun || (options.dryRun?.includes("All") ?? false);
  const live = liveOf(write);
  const pod = live.object as Pod;
  if (!isBeyondBudgets(pod)) {
    const budgets = context.store
      .list(collection, info.namespace)
      .filter((stored) => selects(stored.object as Budget, pod));
    if (budgets.length > 1)
      return status(500, {
        status: "Failure",
        message:
          "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
      });
    const [stored] = budgets;
    if (stored !== undefined && kind !== undefined && !isFree(pod, stored.object))
      take(write, stored, pod, dryRun, kind);
  }
  const target = dryRun ? live : markDisrupted(write, live, options);
  // What was asked for has been compared with the pod as it was; marking it has moved its version.
  const { resourceVersion: _compared, ...preconditions } = options.preconditions ?? {};
  removeObject(write, target, { ...options, preconditions, ...(dryRun ? { dryRun: ["All"] } : {}) });
  return status(201, { status: "Success" });
}

const status = (code: number, fields: object): ApiResponse => ({
  status: code,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", metadata: {}, ...fields, code }),
});

/** One that has not begun, has ended or is going is disrupted already. */
const isBeyondBudgets = ({ metadata, status: { phase } = {} }: Pod): boolean =>
  metadata.deletionTimestamp !== undefined || ["Pending", "Succeeded", "Failed"].includes(phase ?? "");

const selects = ({ spec }: Budget, pod: Pod): boolean =>
  spec?.selector !== undefined && labelTestOf(spec.selector)(pod.metadata.labels ?? {});

const isReady = ({ status: { conditions = [] } = {} }: Pod): boolean =>
  conditions.some(({ type, status: value }) => type === "Ready" && value === "True");

/** A pod that is not ready keeps nothing up: it may go when its budget says so, or is met without it. */
function isFree(pod: Pod, { spec, status: counted = {} }: Budget): boolean {
  if (isReady(pod)) return false;
  if (spec?.unhealthyPodEvictionPolicy === "AlwaysAllow") return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = counted;
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

const policyKind = { group: "policy", plural: "poddisruptionbudget" };

/** Takes one disruption off the budget, or refuses. */
function take({ context }: Write, stored: Stored, pod: Pod, dryRun: boolean, kind: Write["kind"]): void {
  const budget = stored.object as Budget;
  const name = budget.metadata.name ?? "";
  const counted = budget.status ?? {};
  const { disruptionsAllowed = 0, disruptedPods = {} } = counted;
  if ((counted.observedGeneration ?? 0) < (budget.metadata.generation ?? 0))
    throw tooMany(`The disruption budget ${name} is still being processed by the server.`, 10);
  if (disruptionsAllowed < 0) throw forbidden(policyKind, name, "pdb disruptions allowed is negative");
  if (Object.keys(disruptedPods).length > mostDisrupted)
    throw forbidden(
      policyKind,
      name,
      "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
    );
  if (disruptionsAllowed === 0) throw tooMany(whyNot(name, counted), 0);
  if (dryRun) return;
  const now = timeOf(context.clock.now());
  const next: Budget = {
    ...budget,
    metadata: structuredClone(budget.metadata),
    status: {
      ...counted,
      disruptionsAllowed: disruptionsAllowed - 1,
      disruptedPods: { ...disruptedPods, [pod.metadata.name ?? ""]: now },
      ...(disruptionsAllowed === 1 ? { conditions: exhausted(counted, now) } : {}),
    },
  };
  updateManagedFields({
    live: budget,
    next,
    schema: kind.schema,
    manager: "kube-apiserver",
    apiVersion: "policy/v1",
    subresource: "status",
    now,
    resetFields: kind.strategy.resetFields("status"),
  });
  context.store.put(collection, stored.key, next);
}

function exhausted({ conditions = [], observedGeneration }: BudgetStatus, now: string): Condition[] {
  const type = "DisruptionAllowed";
  const before = conditions.find((one) => one.type === type);
  const condition: Condition = {
    type,
    status: "False",
    observedGeneration,
    lastTransitionTime: before?.status === "False" ? before.lastTransitionTime : now,
    reason: "InsufficientPods",
    message: "",
  };
  return before === undefined
    ? [...conditions, condition]
    : conditions.map((one) => (one === before ? condition : one));
}

function whyNot(
  name: string,
  { conditions = [], currentHealthy = 0, desiredHealthy = 0 }: BudgetStatus,
): string {
  const condition = conditions.find(({ type }) => type === "DisruptionAllowed");
  const said = condition?.status === "False" && condition.message ? condition : undefined;
  if (said?.reason === "SyncFailed")
    return `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${said.message}`;
  if (currentHealthy <= desiredHealthy)
    return `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
  return `The disruption budget ${name} does not allow evicting pods currently${said === undefined ? "" : ` (${said.reason}): ${said.message}`}`;
}

function tooMany(cause: string, seconds: number): StatusError {
  return new StatusError(
    429,
    "TooManyRequests",
    "Cannot evict pod as it would violate the pod's disruption budget.",
    {
      causes: [{ reason: "DisruptionBudget", message: cause }],
      ...(seconds > 0 ? { retryAfterSeconds: seconds } : {}),
    },
    seconds > 0 ? { "retry-after": String(seconds) } : undefined,
  );
}

/** Says on the pod why it goes, so that those who look at failures can tell; nobody owns it. */
function markDisrupted(
  { context, kind }: Write,
  live: Stored,
  { preconditions = {} }: DeleteOptions,
): Stored {
  const pod = live.object as Pod;
  const { uid, resourceVersion, name = "" } = pod.metadata;
  const what = { group: "", plural: "Pod" };
  if (preconditions.uid && preconditions.uid !== uid)
    throw conflict(
      what,
      name,
      `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
    );
  if (preconditions.resourceVersion && preconditions.resourceVersion !== resourceVersion)
    throw conflict(
      what,
      name,
      `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
    );
  const { conditions = [] } = pod.status ?? {};
  const type = "DisruptionTarget";
  if (conditions.some((one) => one.type === type && one.reason === "EvictionByEvictionAPI")) return live;
  const condition = {
    type,
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timeOf(context.clock.now()),
    reason: "EvictionByEvictionAPI",
    message: "Eviction API: evicting",
  };
  return context.store.put(kind.collection, live.key, {
    ...pod,
    metadata: { ...pod.metadata },
    status: { ...pod.status, conditions: [...conditions.filter((one) => one.type !== type), condition] },
  });
}
