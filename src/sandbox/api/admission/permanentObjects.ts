import type { ServedKind } from "../ServedKind.ts";
import { forbidden } from "../StatusError.ts";

const permanent: Readonly<Record<string, { readonly names: readonly string[]; readonly why: string }>> = {
  namespaces: {
    names: ["default", "kube-system", "kube-public"],
    why: "this namespace may not be deleted",
  },
  "scheduling.k8s.io/priorityclasses": {
    names: ["system-node-critical", "system-cluster-critical"],
    why: "this is a system priority class and cannot be deleted",
  },
};

/** Refuses to delete that without which nothing works. */
export function refusePermanent(kind: ServedKind, name: string): void {
  const found = permanent[kind.collection];
  if (found?.names.includes(name)) throw forbidden(kind, name, found.why);
}
