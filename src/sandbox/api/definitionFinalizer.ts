import type { KubeObject } from "../../contract/index.ts";
import { timeOf } from "../Clock.ts";
import { updateManagedFields } from "./apply/index.ts";
import { unserveDefinition } from "./definitions.ts";
import { definitionsCollection, isTrue, statusOf, withCondition } from "./definitionNames.ts";
import type { ServerContext } from "./ServerContext.ts";
import { keyOf } from "./store/Store.ts";

/** Holds a definition that was deleted until its objects are gone. */
const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

const isDefinitionToFinalize = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).includes(cleanupFinalizer);

/** What `DELETE` of a definition makes of it at first. (apiextensions-apiserver, customresourcedefinition/etcd.go) */
export function markedForDeletion(definition: KubeObject, now: string): KubeObject {
  const { finalizers = [] } = definition.metadata;
  return {
    ...definition,
    metadata: {
      ...definition.metadata,
      deletionTimestamp: now,
      finalizers: finalizers.includes(cleanupFinalizer) ? finalizers : [...finalizers, cleanupFinalizer],
    },
    status: {
      ...statusOf(definition),
      conditions: withCondition(statusOf(definition).conditions ?? [], now, {
        type: "Terminating",
        status: "True",
        reason: "InstanceDeletionPending",
        message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
      }),
    },
  };
}

/**
 * Deletes the objects of definitions that were deleted, waits for those with finalizers, and lets the definitions go. Begins with those that the
 * server was stopped over. (apiextensions-apiserver, crd_finalizer.go)
 */
export function startDefinitionFinalizer(context: ServerContext): void {
  const { store } = context;
  const awaited = new Set<string>();
  const due = (name: string): void => {
    if (awaited.has(name)) return;
    awaited.add(name);
    // After the answer to what was asked, and the events of it.
    queueMicrotask(() => {
      awaited.delete(name);
      if (!context.stopping.aborted) finalize(context, name);
    });
  };
  store.subscribeAll(({ stored, type }, collection) => {
    if (collection === definitionsCollection) {
      if (type !== "DELETED" && isDefinitionToFinalize(stored.object)) due(stored.object.metadata.name ?? "");
    } else if (type === "DELETED" && collection.includes(".")) {
      const [group = "", plural = ""] = collection.split("/");
      if (store.get(definitionsCollection, keyOf(undefined, `${plural}.${group}`)) !== undefined)
        due(`${plural}.${group}`);
    }
  });
  for (const { object } of store.list(definitionsCollection))
    if (isDefinitionToFinalize(object)) due(object.metadata.name ?? "");
}

function finalize(context: ServerContext, name: string): void {
  const { store } = context;
  const found = store.get(definitionsCollection, keyOf(undefined, name));
  if (found === undefined || !isDefinitionToFinalize(found.object)) return;
  const { group, names } = found.object.spec as { group: string; names: { plural: string } };
  const collection = `${group}/${names.plural}`;
  if (store.count(collection) > 0) {
    const current = statusOf(found.object).conditions?.find(({ type }) => type === "Terminating");
    if (current?.reason !== "InstanceDeletionInProgress")
      putTerminating(context, found.object, {
        status: "True",
        reason: "InstanceDeletionInProgress",
        message: "CustomResource deletion is in progress",
      });
    deleteAll(context, collection);
    // Comes back when the last of them is gone.
    if (store.count(collection) > 0) return;
  }
  const last = store.get(definitionsCollection, keyOf(undefined, name));
  if (last === undefined) return;
  const { finalizers = [] } = last.object.metadata;
  const rest = finalizers.filter((one) => one !== cleanupFinalizer);
  if (rest.length === 0) {
    store.delete(definitionsCollection, last.key);
    unserveDefinition(context, last.object);
    return;
  }
  putTerminating(
    context,
    { ...last.object, metadata: { ...last.object.metadata, finalizers: rest } },
    isTrue(last.object, "Established")
      ? { status: "False", reason: "InstanceDeletionCompleted", message: "removed all instances" }
      : { status: "False", reason: "NeverEstablished", message: "resource was never established" },
  );
}

/** Those with finalizers are only told to go. */
function deleteAll({ store, clock }: ServerContext, collection: string): void {
  // Of what was there: a deletion changes the list.
  for (const { key, object } of Array.from(store.list(collection))) {
    const { metadata } = object;
    if ((metadata.finalizers ?? []).length === 0) store.delete(collection, key);
    else if (metadata.deletionTimestamp === undefined)
      store.put(collection, key, {
        ...object,
        metadata: {
          ...metadata,
          deletionTimestamp: timeOf(clock.now()),
          deletionGracePeriodSeconds: 0,
          ...(metadata.generation === undefined ? {} : { generation: metadata.generation + 1 }),
        },
      });
  }
}

function putTerminating(
  context: ServerContext,
  definition: KubeObject,
  condition: { status: string; reason: string; message: string },
): void {
  const { store, clock, kinds } = context;
  const now = timeOf(clock.now());
  const next: KubeObject = {
    ...definition,
    metadata: { ...definition.metadata },
    status: {
      ...statusOf(definition),
      conditions: withCondition(statusOf(definition).conditions ?? [], now, {
        type: "Terminating",
        ...condition,
      }),
    },
  };
  const kind = kinds.find("apiextensions.k8s.io", "v1", "customresourcedefinitions");
  if (kind !== undefined)
    updateManagedFields({
      live: definition,
      next,
      schema: kind.schema,
      manager: "kube-apiserver",
      apiVersion: definition.apiVersion,
      subresource: "status",
      now,
      resetFields: kind.strategy.resetFields("status"),
    });
  store.put(definitionsCollection, keyOf(undefined, definition.metadata.name ?? ""), next);
}
