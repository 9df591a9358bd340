import type { KubeObject } from "../src/contract/index.ts";

/** So many objects of eight kinds, as a platform's manifests have them; none needs a pod. A later edition differs in one of them. */
export function benchObjects(count: number, namespace: string, edition: number): KubeObject[] {
  return Array.from({ length: count }, (_, index) => object(index, namespace, index === 3 ? edition : 1));
}

function object(index: number, namespace: string, edition: number): KubeObject {
  const name = `o-${index}`;
  const labels = { "app.example.org/part": name };
  const metadata = { name, namespace, labels };
  switch (index % 8) {
    case 0: {
      const container = {
        name: "main",
        image: "registry.example.org/bench:1",
        env: [{ name: "N", value: String(index) }],
        ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
        resources: { requests: { cpu: "100m", memory: "64Mi" } },
      };
      const template = { metadata: { labels }, spec: { containers: [container] } };
      return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata,
        spec: { replicas: 0, selector: { matchLabels: labels }, template },
      };
    }
    case 1: {
      const ports = [{ name: "http", port: 80, targetPort: 8080, protocol: "TCP" }];
      return { apiVersion: "v1", kind: "Service", metadata, spec: { selector: labels, ports } };
    }
    case 2:
      return { apiVersion: "v1", kind: "Secret", metadata, type: "Opaque", data: { PASSWORD: "c2VjcmV0" } };
    case 4: {
      const backend = { service: { name: `o-${index - 3}`, port: { name: "http" } } };
      const http = { paths: [{ path: "/", pathType: "Prefix", backend }] };
      return {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata,
        spec: { rules: [{ host: `${name}.example.org`, http }] },
      };
    }
    case 5:
      return { apiVersion: "v1", kind: "ServiceAccount", metadata };
    case 6:
      return {
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata,
        rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get"] }],
      };
    case 7:
      return {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata,
        spec: { podSelector: { matchLabels: labels }, policyTypes: ["Ingress"] },
      };
    default:
      return {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata,
        data: { "settings.ini": `n = ${index}\nedition = ${edition}\n`.repeat(10) },
      };
  }
}
