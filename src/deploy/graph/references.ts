import type { KubeObject } from "../../contract/index.ts";
import { isMap } from "../plan/deepEqual.ts";
import { groupKind } from "../objectKey.ts";

type Json = Record<string, unknown>;
const map = (value: unknown): Json => (isMap(value) ? value : {});
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isMap) : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** The pod template of whatever makes pods; the pod itself. */
export function podTemplateOf(object: KubeObject): { metadata: Json; spec: Json } | undefined {
  const spec = map(object["spec"]);
  switch (groupKind(object)) {
    case "/Pod":
      return { metadata: object.metadata, spec };
    case "apps/Deployment":
    case "apps/StatefulSet":
    case "apps/DaemonSet":
    case "apps/ReplicaSet":
    case "batch/Job":
    case "/ReplicationController": {
      const template = map(spec["template"]);
      return { metadata: map(template["metadata"]), spec: map(template["spec"]) };
    }
    case "batch/CronJob": {
      const template = map(map(map(spec["jobTemplate"])["spec"])["template"]);
      return { metadata: map(template["metadata"]), spec: map(template["spec"]) };
    }
    default:
      return undefined;
  }
}

/** `group/Kind/namespace/name` of everything that has to be there before an object is of use. */
export function referencesOf(object: KubeObject): string[] {
  const namespace = object.metadata.namespace ?? "";
  const found: string[] = [];
  const add = (kind: string, name: unknown, space = namespace): void => {
    if (typeof name === "string" && name !== "") found.push(`${kind}/${space}/${name}`);
  };
  const spec = map(object["spec"]);
  if (object.metadata.namespace !== undefined) add("/Namespace", object.metadata.namespace, "");

  const pod = podTemplateOf(object)?.spec;
  if (pod !== undefined) addPodReferences(pod, add);

  switch (groupKind(object)) {
    case "apps/StatefulSet":
      add("/Service", spec["serviceName"]);
      for (const claim of list(spec["volumeClaimTemplates"])) {
        add("storage.k8s.io/StorageClass", map(claim["spec"])["storageClassName"], "");
      }
      break;
    case "/PersistentVolumeClaim":
      add("storage.k8s.io/StorageClass", spec["storageClassName"], "");
      add("/PersistentVolume", spec["volumeName"], "");
      break;
    case "/ServiceAccount":
      for (const secret of list(object["imagePullSecrets"])) add("/Secret", secret["name"]);
      break;
    case "rbac.authorization.k8s.io/RoleBinding":
    case "rbac.authorization.k8s.io/ClusterRoleBinding": {
      const role = map(object["roleRef"]);
      const clusterWide = role["kind"] === "ClusterRole";
      add(`rbac.authorization.k8s.io/${text(role["kind"])}`, role["name"], clusterWide ? "" : namespace);
      for (const subject of list(object["subjects"])) {
        if (subject["kind"] === "ServiceAccount") {
          add("/ServiceAccount", subject["name"], text(subject["namespace"]) || namespace);
        }
      }
      break;
    }
    case "autoscaling/HorizontalPodAutoscaler": {
      const target = map(spec["scaleTargetRef"]);
      const version = text(target["apiVersion"]);
      add(`${version.includes("/") ? version.split("/")[0] : ""}/${text(target["kind"])}`, target["name"]);
      break;
    }
    case "networking.k8s.io/Ingress":
      for (const backend of ingressBackends(spec)) add("/Service", map(backend["service"])["name"]);
      for (const tls of list(spec["tls"])) add("/Secret", tls["secretName"]);
      add("networking.k8s.io/IngressClass", spec["ingressClassName"], "");
      break;
    case "route.openshift.io/Route":
      add("/Service", map(spec["to"])["name"]);
      break;
    case "gateway.networking.k8s.io/HTTPRoute":
      for (const rule of list(spec["rules"])) {
        for (const backend of list(rule["backendRefs"])) {
          add("/Service", backend["name"], text(backend["namespace"]) || namespace);
        }
      }
      for (const parent of list(spec["parentRefs"])) {
        add("gateway.networking.k8s.io/Gateway", parent["name"], text(parent["namespace"]) || namespace);
      }
      break;
    case "admissionregistration.k8s.io/ValidatingWebhookConfiguration":
    case "admissionregistration.k8s.io/MutatingWebhookConfiguration":
      for (const webhook of list(object["webhooks"])) {
        const service = map(map(webhook["clientConfig"])["service"]);
        add("/Service", service["name"], text(service["namespace"]));
      }
      break;
  }
  return found;
}

function ingressBackends(spec: Json): Json[] {
  const paths = list(spec["rules"]).flatMap((rule) => list(map(rule["http"])["paths"]));
  return [map(spec["defaultBackend"]), ...paths.map((path) => map(path["backend"]))];
}

function addPodReferences(pod: Json, add: (kind: string, name: unknown, space?: string) => void): void {
  add("/ServiceAccount", pod["serviceAccountName"]);
  add("scheduling.k8s.io/PriorityClass", pod["priorityClassName"], "");
  add("node.k8s.io/RuntimeClass", pod["runtimeClassName"], "");
  for (const secret of list(pod["imagePullSecrets"])) add("/Secret", secret["name"]);
  for (const container of [...list(pod["initContainers"]), ...list(pod["containers"])]) {
    for (const from of list(container["envFrom"])) {
      add("/Secret", map(from["secretRef"])["name"]);
      add("/ConfigMap", map(from["configMapRef"])["name"]);
    }
    for (const variable of list(container["env"])) {
      const from = map(variable["valueFrom"]);
      add("/Secret", map(from["secretKeyRef"])["name"]);
      add("/ConfigMap", map(from["configMapKeyRef"])["name"]);
    }
  }
  for (const volume of list(pod["volumes"])) {
    const sources = [volume, ...list(map(volume["projected"])["sources"])];
    for (const source of sources) {
      add("/Secret", map(source["secret"])["secretName"] ?? map(source["secret"])["name"]);
      add("/ConfigMap", map(source["configMap"])["name"]);
      add("/PersistentVolumeClaim", map(source["persistentVolumeClaim"])["claimName"]);
    }
  }
}

/** Whether a selector (`matchLabels`, or a Service's plain map) chooses these labels; an empty one chooses nothing here. */
export function selects(selector: unknown, chosen: unknown): boolean {
  const wanted = Object.entries(map(selector));
  return wanted.length > 0 && wanted.every(([key, value]) => map(chosen)[key] === value);
}

/** Which of some objects others need, directly or through each other. */
export function neededBy(
  objects: readonly KubeObject[],
  among: readonly KubeObject[],
): ReadonlySet<KubeObject> {
  // Rendered objects may leave out the namespace: names decide, which can only take in too much.
  const byName = new Map<string, KubeObject>();
  for (const object of among) byName.set(`${groupKind(object)}/${object.metadata.name}`, object);
  const accounts = new Set<string>();
  const needed = new Set<KubeObject>();
  const visit = (object: KubeObject): void => {
    for (const reference of referencesOf(object)) {
      const [group, kind, , name] = reference.split("/");
      if (kind === "ServiceAccount") accounts.add(name ?? "");
      const target = byName.get(`${group}/${kind}/${name}`);
      if (target !== undefined && !needed.has(target)) {
        needed.add(target);
        visit(target);
      }
    }
  };
  for (const object of objects) visit(object);
  for (const object of among) {
    const bound = list(object["subjects"]).some((subject) => accounts.has(text(subject["name"])));
    if (bound && !needed.has(object)) {
      needed.add(object);
      visit(object);
    }
  }
  return needed;
}

/** The labels that a pod of this object will carry. */
export const podLabelsOf = (object: KubeObject): Json => map(podTemplateOf(object)?.metadata["labels"]);
