import type { KubeObject } from "../../contract/index.ts";
import { keyOf } from "./objects/controllerRef.ts";
import { isEqual } from "./objects/hash.ts";
import { isTerminating } from "./objects/Pod.ts";
import type { Condition } from "./objects/Condition.ts";
import type { Controller, ControllerContext } from "./runtime/Controller.ts";

const controllerName = "moorage.dev/sandbox-door";

/** Says of whatever is exposed that it is admitted, and where: so that those who wait for it go on. The front door serves it. */
const statuses: Record<
  string,
  (object: Exposed, context: ControllerContext) => Record<string, unknown> | undefined
> = {
  "networking.k8s.io/v1 Ingress": (_, context) => ({
    loadBalancer: { ingress: [{ ip: addressOf(context) }] },
  }),
  "v1 Service": ({ spec, status }, context) =>
    spec?.type === "LoadBalancer"
      ? { ...status, loadBalancer: { ingress: [{ ip: addressOf(context), ipMode: "VIP" }] } }
      : undefined,
  "gateway.networking.k8s.io/v1 GatewayClass": ({ metadata, status }, context) => ({
    ...status,
    conditions: conditions(status?.["conditions"], metadata.generation, context, [
      ["Accepted", "Accepted", "Served by the front door"],
    ]),
  }),
  "gateway.networking.k8s.io/v1 Gateway": ({ metadata, spec, status }, context) => ({
    ...status,
    addresses: [{ type: "IPAddress", value: addressOf(context) }],
    conditions: conditions(status?.["conditions"], metadata.generation, context, [
      ["Accepted", "Accepted", "Served by the front door"],
      ["Programmed", "Programmed", "Served by the front door"],
    ]),
    listeners: (spec?.listeners ?? []).map(({ name }) => ({
      name,
      attachedRoutes: attachedTo(metadata, context),
      supportedKinds: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute" }],
      conditions: conditions(
        (status?.["listeners"] as { name: string; conditions?: Condition[] }[] | undefined)?.find(
          (one) => one.name === name,
        )?.conditions,
        metadata.generation,
        context,
        [
          ["Accepted", "Accepted", ""],
          ["Programmed", "Programmed", ""],
          ["ResolvedRefs", "ResolvedRefs", ""],
        ],
      ),
    })),
  }),
  "gateway.networking.k8s.io/v1 HTTPRoute": ({ metadata, spec, status }, context) => ({
    parents: (spec?.parentRefs ?? []).map((parentRef) => ({
      parentRef,
      controllerName,
      conditions: conditions(
        (status?.["parents"] as { parentRef: unknown; conditions?: Condition[] }[] | undefined)?.find((one) =>
          isEqual(one.parentRef, parentRef),
        )?.conditions,
        metadata.generation,
        context,
        [
          ["Accepted", "Accepted", "Route is accepted"],
          ["ResolvedRefs", "ResolvedRefs", "All references are resolved"],
        ],
      ),
    })),
  }),
  "route.openshift.io/v1 Route": ({ spec, status }, context) => ({
    ingress: [
      {
        host: spec?.host,
        routerName: "default",
        wildcardPolicy: spec?.wildcardPolicy ?? "None",
        conditions: conditions(
          (status?.["ingress"] as { conditions?: Condition[] }[] | undefined)?.[0]?.conditions,
          undefined,
          context,
          [["Admitted", undefined, undefined]],
        ),
      },
    ],
  }),
};

interface Exposed extends KubeObject {
  spec?: {
    type?: string;
    host?: string;
    wildcardPolicy?: string;
    parentRefs?: { name: string; namespace?: string }[];
    listeners?: { name: string }[];
  };
  status?: Record<string, unknown>;
}

const addressOf = (context: ControllerContext): string => context.options.doorAddress ?? "127.0.0.1";

function conditions(
  before: unknown,
  generation: number | undefined,
  context: ControllerContext,
  wanted: readonly [type: string, reason: string | undefined, message: string | undefined][],
): Condition[] {
  return wanted.map(([type, reason, message]) => {
    const old = (before as Condition[] | undefined)?.find(
      (entry) => entry.type === type && entry.status === "True",
    );
    return {
      type,
      status: "True",
      ...(reason === undefined ? {} : { reason, message }),
      ...(generation === undefined ? {} : { observedGeneration: generation }),
      lastTransitionTime: old?.lastTransitionTime ?? context.now(),
    };
  });
}

const attachedTo = (gateway: KubeObject["metadata"], context: ControllerContext): number =>
  context
    .store<Exposed>("gateway.networking.k8s.io/v1", "HTTPRoute")
    .list()
    .filter((route) =>
      (route.spec?.parentRefs ?? []).some(
        (ref) =>
          ref.name === gateway.name && (ref.namespace ?? route.metadata.namespace) === gateway.namespace,
      ),
    ).length;

export const exposureController: Controller = {
  name: "front-door-controller",
  watches: Object.keys(statuses).map((id) => {
    const [apiVersion = "", kind = ""] = id.split(" ");
    return {
      apiVersion,
      kind,
      optional: apiVersion.includes("gateway") || apiVersion.includes("openshift"),
      keys: (object, context) => [
        `${id} ${keyOf(object)}`,
        ...(kind === "HTTPRoute"
          ? context
              .store("gateway.networking.k8s.io/v1", "Gateway")
              .list()
              .map((gateway) => `gateway.networking.k8s.io/v1 Gateway ${keyOf(gateway)}`)
          : []),
      ],
    };
  }),
  async reconcile(key, context) {
    const [apiVersion = "", kind = "", name = ""] = key.split(" ");
    const object = context.store<Exposed>(apiVersion, kind).get(name);
    if (object === undefined || isTerminating(object)) return;
    const status = statuses[`${apiVersion} ${kind}`]?.(object, context);
    if (status !== undefined && !isEqual(status, object.status ?? {}))
      await context.write.replaceStatus(object, status);
  },
};
