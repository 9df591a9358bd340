import type { Script } from "../Script.ts";
import { configMap, definition, deployment } from "./objects.ts";

const hook = (name: string, annotations: object): object => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name, annotations },
  spec: {
    backoffLimit: 0,
    template: {
      spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.org/once:1" }] },
    },
  },
});

export const helm: readonly Script[] = [
  {
    title: "helm",
    cleanUp: ["crd greetings.example.org"],
    files: {
      "chart/Chart.yaml": { apiVersion: "v2", name: "greeter", version: "1.0.0", appVersion: "9" },
      "chart/values.yaml": { replicas: 1, image: "example.org/web:1", text: "hello" },
      "chart/crds/greetings.json": definition("greetings", "Greeting"),
      "chart/templates/greeting.yaml": {
        apiVersion: "example.org/v1",
        kind: "Greeting",
        metadata: { name: "{{ .Release.Name }}" },
        spec: { text: "{{ .Values.text }}" },
      },
      "chart/templates/deployment.yaml": deployment("greeter", {}, "{{ .Values.image }}"),
      "chart/templates/map.yaml": configMap("greeter", { text: "{{ .Values.text }}" }),
      "chart/templates/before.yaml": hook("before", {
        "helm.sh/hook": "pre-install,pre-upgrade",
        "helm.sh/hook-delete-policy": "before-hook-creation",
      }),
      "chart/templates/after.yaml": hook("after", {
        "helm.sh/hook": "post-upgrade",
        "helm.sh/hook-delete-policy": "hook-succeeded",
      }),
      "chart/templates/tests/works.yaml": {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name: "works", annotations: { "helm.sh/hook": "test" } },
        spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.org/once:1" }] },
      },
      "chart/templates/NOTES.txt": "Say {{ .Values.text }}.\n",
    },
    steps: [
      "helm install greeter chart --wait --timeout 120s",
      "helm list",
      { run: "helm status greeter", unordered: true },
      "helm get values greeter",
      "helm get values greeter --all -o json",
      "helm get manifest greeter",
      "helm get hooks greeter",
      "helm get notes greeter",
      "helm install greeter chart",
      "helm test greeter --timeout 120s",
      "helm upgrade greeter chart --set text=again --wait --timeout 120s",
      "kubectl get greetings",
      "helm upgrade greeter chart --set image= --rollback-on-failure --wait --timeout 120s",
      "helm history greeter",
      "helm rollback greeter 1 --wait --timeout 120s",
      "helm history greeter",
      { run: "kubectl get configmap greeter -o yaml --show-managed-fields", unordered: true },
      { run: "kubectl get jobs,deployments,configmaps,secrets -o name", unordered: true },
      "helm uninstall greeter --wait --timeout 120s",
      "kubectl get greetings",
      "kubectl get crd greetings.example.org -o name",
      "helm list --all",
    ],
  },
];
