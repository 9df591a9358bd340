import { readFileSync } from "node:fs";
import type { KubeObject } from "../../../contract/index.ts";
import { timeOf } from "../../Clock.ts";
import { uidOf } from "../names.ts";
import type { ServerContext } from "../ServerContext.ts";

interface Entry {
  readonly kind: "ClusterRole" | "ClusterRoleBinding";
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** Makes the roles and bindings that every cluster begins with, where they are not there yet. */
export function makeBootstrapPolicy({ store, clock, random }: ServerContext): void {
  if (store.get("rbac.authorization.k8s.io/clusterroles", "/cluster-admin") !== undefined) return;
  const text = readFileSync(new URL("./bootstrapPolicy.json", import.meta.url), "utf8");
  for (const { kind, name, labels = {}, ...content } of JSON.parse(text) as Entry[]) {
    const object: KubeObject = {
      kind,
      apiVersion: "rbac.authorization.k8s.io/v1",
      metadata: {
        name,
        uid: uidOf(random),
        creationTimestamp: timeOf(clock.now()),
        labels: { "kubernetes.io/bootstrapping": "rbac-defaults", ...labels },
        annotations: { "rbac.authorization.kubernetes.io/autoupdate": "true" },
        managedFields: [
          {
            manager: "kube-apiserver",
            operation: "Update",
            apiVersion: "rbac.authorization.k8s.io/v1",
            time: timeOf(clock.now()),
            fieldsType: "FieldsV1",
            fieldsV1: ownedFields(labels, content),
          },
        ],
      },
      ...content,
    };
    store.put(`rbac.authorization.k8s.io/${kind.toLowerCase()}s`, `/${name}`, object);
  }
}

/** What the server owns of what it makes: the names of its labels, and the content as a whole. */
function ownedFields(labels: Readonly<Record<string, string>>, content: object): Record<string, unknown> {
  const named = ["kubernetes.io/bootstrapping", ...Object.keys(labels)].map((name) => [`f:${name}`, {}]);
  return {
    ...("aggregationRule" in content
      ? { "f:aggregationRule": { ".": {}, "f:clusterRoleSelectors": {} } }
      : {}),
    "f:metadata": {
      "f:annotations": { ".": {}, "f:rbac.authorization.kubernetes.io/autoupdate": {} },
      "f:labels": { ".": {}, ...Object.fromEntries(named) },
    },
    ...Object.fromEntries(
      ["rules", "roleRef", "subjects"].flatMap((field) => (field in content ? [[`f:${field}`, {}]] : [])),
    ),
  };
}
