// Where everything in the table comes from. To move to a newer Kubernetes, change the versions and run `npm run generate:kube-table`.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The version that the sandbox serves; documents, descriptors and discovery come from it. */
export const primary = "1.36.3";
/** Versions that strict checks know, oldest first. */
export const versions = ["1.32.13", "1.33.13", "1.34.4", "1.35.4", primary] as const;
export const gatewayApi = "v1.4.1";
export const openshiftApi = "v0.0.0-20251015095338-264e80a2b6e7";

/** `1.36.3` -> `1.36` */
export const minorOf = (version: string): string => version.split(".").slice(0, 2).join(".");

/** Kinds by group and version, and the bodies of requests and subresources whose schemas are needed too. */
export const kinds: Readonly<Record<string, string>> = {
  v1: "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod ResourceQuota Secret Service ServiceAccount",
  "apps/v1": "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet",
  "batch/v1": "CronJob Job",
  "autoscaling/v2": "HorizontalPodAutoscaler",
  "autoscaling/v1": "HorizontalPodAutoscaler",
  "networking.k8s.io/v1": "Ingress IngressClass NetworkPolicy",
  "discovery.k8s.io/v1": "EndpointSlice",
  "events.k8s.io/v1": "Event",
  "coordination.k8s.io/v1": "Lease",
  "policy/v1": "PodDisruptionBudget",
  "rbac.authorization.k8s.io/v1": "Role RoleBinding ClusterRole ClusterRoleBinding",
  "storage.k8s.io/v1": "StorageClass CSIDriver CSINode VolumeAttachment",
  "scheduling.k8s.io/v1": "PriorityClass",
  "node.k8s.io/v1": "RuntimeClass",
  "apiextensions.k8s.io/v1": "CustomResourceDefinition",
  "admissionregistration.k8s.io/v1": "MutatingWebhookConfiguration ValidatingWebhookConfiguration",
  "authentication.k8s.io/v1": "TokenReview SelfSubjectReview",
  "authorization.k8s.io/v1":
    "SubjectAccessReview SelfSubjectAccessReview LocalSubjectAccessReview SelfSubjectRulesReview",
};

/** Bodies that are no kinds of their own: OpenAPI definition by group, version and kind. */
export const bodies: Readonly<Record<string, string>> = {
  "v1/DeleteOptions": "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions",
  "v1/Status": "io.k8s.apimachinery.pkg.apis.meta.v1.Status",
  "v1/Binding": "io.k8s.api.core.v1.Binding",
  "autoscaling/v1/Scale": "io.k8s.api.autoscaling.v1.Scale",
  "policy/v1/Eviction": "io.k8s.api.policy.v1.Eviction",
  "authentication.k8s.io/v1/TokenRequest": "io.k8s.api.authentication.v1.TokenRequest",
};

/** The Go package of a group and version, below `k8s.io/`; it is also the package of its protobuf messages. */
export function goPackageOf(groupVersion: string): string {
  const [group, version] = groupVersion.includes("/")
    ? (groupVersion.split("/") as [string, string])
    : ["core", groupVersion];
  if (group === "apiextensions.k8s.io") return `apiextensions-apiserver/pkg/apis/apiextensions/${version}`;
  return `api/${group.split(".")[0]}/${version}`;
}

export const groupVersions = Object.keys(kinds);
/** Go packages whose types are reached from our kinds. */
export const goPackages = [
  ...new Set([
    ...groupVersions.map(goPackageOf),
    "apimachinery/pkg/apis/meta/v1",
    "apimachinery/pkg/api/resource",
    "apimachinery/pkg/runtime",
    "apimachinery/pkg/runtime/schema",
    "apimachinery/pkg/util/intstr",
  ]),
];

/** Fetches Go modules by the ordinary client, `go mod download`; gives the folder of each. */
export function fetchModules(modules: readonly string[]): Map<string, string> {
  const folder = mkdtempSync(join(tmpdir(), "kube-table-"));
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "go.mod"), "module table\n\ngo 1.21\n");
    const found = new Map<string, string>();
    for (const module of modules) {
      const answer = execFileSync("go", ["mod", "download", "-json", module], {
        cwd: folder,
        encoding: "utf8",
      });
      found.set(module, (JSON.parse(answer) as { Dir: string }).Dir);
    }
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The modules of one Kubernetes version: `{ kubernetes, api, apimachinery, "apiextensions-apiserver" }`. */
export function kubernetesModules(version: string): Record<string, string> {
  const library = `v0.${version.split(".").slice(1).join(".")}`;
  return {
    kubernetes: `k8s.io/kubernetes@v${version}`,
    api: `k8s.io/api@${library}`,
    apimachinery: `k8s.io/apimachinery@${library}`,
    "apiextensions-apiserver": `k8s.io/apiextensions-apiserver@${library}`,
  };
}
