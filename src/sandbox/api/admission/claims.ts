import type { KubeObject } from "../../../contract/index.ts";
import type { Store } from "../store/Store.ts";
import { isCore, type AdmissionPlugin } from "./AdmissionRequest.ts";

const isDefault = ({ metadata: { annotations = {} } }: KubeObject): boolean =>
  annotations["storageclass.kubernetes.io/is-default-class"] === "true" ||
  annotations["storageclass.beta.kubernetes.io/is-default-class"] === "true";

/** The newest of the classes that are marked; of two made in one second, the first by name. */
const defaultClass = (store: Store): string | undefined =>
  store
    .list("storage.k8s.io/storageclasses")
    .map(({ object }) => object)
    .filter(isDefault)
    .toSorted(
      (a, b) =>
        -compareText(a.metadata.creationTimestamp, b.metadata.creationTimestamp) ||
        compareText(a.metadata.name, b.metadata.name),
    )[0]?.metadata.name;

/** By bytes, as a real server; `localeCompare` loads the rules of languages, 3 MB of them. */
const compareText = (a = "", b = ""): number => (a < b ? -1 : a > b ? 1 : 0);

/** A claim that names no class gets the default one. (A class "" is named: it means none.) */
export const defaultStorageClass: AdmissionPlugin = {
  name: "DefaultStorageClass",
  mutate(request) {
    const { context, object, operation } = request;
    if (!isCore(request, "persistentvolumeclaims") || operation !== "CREATE") return;
    const spec = (object.spec ??= {}) as { storageClassName?: string };
    const beta = object.metadata.annotations?.["volume.beta.kubernetes.io/storage-class"];
    if (spec.storageClassName !== undefined || beta !== undefined) return;
    const name = defaultClass(context.store);
    if (name !== undefined) spec.storageClassName = name;
  },
};

const finalizers: Readonly<Record<string, string>> = {
  persistentvolumeclaims: "kubernetes.io/pvc-protection",
  persistentvolumes: "kubernetes.io/pv-protection",
};

/** What is in use does not go: controllers take these finalizers off. */
export const storageProtection: AdmissionPlugin = {
  name: "StorageObjectInUseProtection",
  mutate(request) {
    const { kind, object, operation } = request;
    const finalizer = finalizers[kind.plural];
    if (finalizer === undefined || operation !== "CREATE" || !isCore(request, kind.plural)) return;
    const { metadata } = object;
    if (!metadata.finalizers?.includes(finalizer))
      metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  },
};
