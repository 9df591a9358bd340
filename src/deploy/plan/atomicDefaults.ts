import { groupKind } from "../objectKey.ts";
import { deepEqual, isMap } from "./deepEqual.ts";
import { fieldsOfItem, type FieldsV1 } from "./ownedFields.ts";

/** `parent.field`, where the parent of an item is its list, with the value that a server puts there when nothing is said. */
type Defaults = Readonly<Record<string, unknown>>;

/**
 * Fields inside of what is owned as one value (an atomic list or map), which a server fills in: they come back as ours though we never set them. That a field is there with exactly its default
 * means the same as that it is left out, so what is live may have them in addition.
 *
 * Source: the `+default` markers and defaulting functions of Kubernetes, and the defaults in the schemas of the Gateway API.
 */
const everywhere: Defaults = {
  "fieldRef.apiVersion": "v1",
  "serviceAccountToken.expirationSeconds": 3600,
  "volumeClaimTemplates.apiVersion": "v1",
  "volumeClaimTemplates.kind": "PersistentVolumeClaim",
  "volumeClaimTemplates.status": { phase: "Pending" },
  "subjects.apiGroup": "rbac.authorization.k8s.io",
  "roleRef.apiGroup": "rbac.authorization.k8s.io",
};

const ofKind: Readonly<Record<string, Defaults>> = {
  "apps/StatefulSet": { "spec.volumeMode": "Filesystem" },
  "networking.k8s.io/NetworkPolicy": { "ports.protocol": "TCP" },
  "gateway.networking.k8s.io/HTTPRoute": {
    "parentRefs.group": "gateway.networking.k8s.io",
    "parentRefs.kind": "Gateway",
    "backendRefs.group": "",
    "backendRefs.kind": "Service",
    "backendRefs.weight": 1,
    "backendRef.group": "",
    "backendRef.kind": "Service",
    "rules.matches": [{ path: { type: "PathPrefix", value: "/" } }],
    "matches.path": { type: "PathPrefix", value: "/" },
    "path.type": "PathPrefix",
    "path.value": "/",
    "headers.type": "Exact",
    "queryParams.type": "Exact",
    "requestRedirect.statusCode": 302,
  },
};

/** Whether what is live of our fields is what is wanted, but for defaults inside of atomic values. `live` is as `extractOwned` gives it. */
export function isWantedWithDefaults(
  live: unknown,
  wanted: unknown,
  fields: FieldsV1,
  object: { apiVersion: string; kind: string },
): boolean {
  const defaults = { ...everywhere, ...ofKind[groupKind(object)] };
  return same(live, wanted, fields, "", defaults);
}

function same(live: unknown, wanted: unknown, fields: FieldsV1, name: string, defaults: Defaults): boolean {
  const isAtomic = Object.keys(fields).length === 0;
  if (isAtomic) return withinAtomic(live, wanted, name, defaults);
  if (Array.isArray(live) && Array.isArray(wanted)) {
    return (
      live.length === wanted.length &&
      live.every((item, index) =>
        same(item, wanted[index], fieldsOfItem(fields, item, index), name, defaults),
      )
    );
  }
  if (!isMap(live) || !isMap(wanted)) return deepEqual(live, wanted);
  const keys = Object.keys(live);
  return (
    keys.length === Object.keys(wanted).length &&
    keys.every(
      (key) =>
        Object.hasOwn(wanted, key) && same(live[key], wanted[key], fields[`f:${key}`] ?? {}, key, defaults),
    )
  );
}

function withinAtomic(live: unknown, wanted: unknown, name: string, defaults: Defaults): boolean {
  if (Array.isArray(live) && Array.isArray(wanted)) {
    return (
      live.length === wanted.length &&
      live.every((item, index) => withinAtomic(item, wanted[index], name, defaults))
    );
  }
  if (!isMap(live) || !isMap(wanted)) return deepEqual(live, wanted);
  if (!Object.keys(wanted).every((key) => Object.hasOwn(live, key))) return false;
  return Object.entries(live).every(([key, value]) => {
    if (Object.hasOwn(wanted, key)) return withinAtomic(value, wanted[key], key, defaults);
    const field = `${name}.${key}`;
    return Object.hasOwn(defaults, field) && deepEqual(value, defaults[field]);
  });
}
