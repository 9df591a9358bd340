import type { Script } from "../Script.ts";
import { configMap, definition, deployment, list } from "./objects.ts";

const greeting = (name: string, text: string, times?: number): object => ({
  apiVersion: "example.org/v1",
  kind: "Hail",
  metadata: { name },
  spec: { text, ...(times === undefined ? {} : { times }) },
});
const said = "kubectl get configmap hello -o jsonpath={.data.said}";

/** Scripts that need kapp and the operator. */
export const programScripts: readonly Script[] = [
  {
    title: "kapp",
    cleanUp: ["crd hints.example.org"],
    files: {
      "first.json": list(
        definition("hints", "Hint"),
        { apiVersion: "example.org/v1", kind: "Hint", metadata: { name: "hint" }, spec: { text: "a" } },
        configMap("kept", { a: "1" }),
        configMap("gone", { a: "1" }),
        deployment("web"),
      ),
      "second.json": list(
        definition("hints", "Hint"),
        { apiVersion: "example.org/v1", kind: "Hint", metadata: { name: "hint" }, spec: { text: "b" } },
        configMap("kept", { a: "2" }),
        deployment("web", {}, "example.org/web:2"),
      ),
    },
    steps: [
      { run: "kapp deploy -y -a app -n $NS --into-ns $NS -f first.json --color=false", unordered: true },
      { run: "kapp inspect -a app -n $NS --color=false", unordered: true },
      { run: "kapp deploy -y -a app -n $NS --into-ns $NS -f first.json --color=false", unordered: true },
      {
        run: "kapp deploy -y -a app -n $NS --into-ns $NS -f second.json --diff-changes --color=false",
        unordered: true,
      },
      "kubectl get hints,configmaps,deployments -l kapp.k14s.io/app -o name",
      { run: "kapp list -n $NS --color=false", unordered: true },
      { run: "kapp delete -y -a app -n $NS --color=false", unordered: true },
      "kubectl get deployments,pods",
    ],
  },
  {
    title: "operator",
    cleanUp: ["crd hails.example.org"],
    steps: [
      { run: "kubectl apply -f -", input: definition("hails", "Hail") },
      "kubectl wait --for=condition=Established crd/hails.example.org --timeout=90s",
      { run: "operator --namespace $NS", background: "first", quiet: true },
      { run: "kubectl get lease greeter -o jsonpath={.spec.leaseTransitions}", until: /^\d/ },
      { run: "operator --namespace $NS", background: "second", quiet: true },
      { run: "kubectl apply -f -", input: greeting("hello", "hi", 2) },
      { run: said, until: /^hi hi/ },
      { run: "kubectl get hail hello -o yaml", until: /phase: Said/ },
      { run: "kubectl apply -f -", input: greeting("hello", "ho") },
      { run: said, until: /^ho$/ },
      { run: "kubectl get hail hello -o jsonpath={.status.observedGeneration}", until: /2/ },
      // What it owns is brought back, and what others change is put right.
      "kubectl delete configmap hello",
      { run: said, until: /^ho$/ },
      `kubectl patch configmap hello --type=merge -p '{"data":{"said":"wrong"}}'`,
      { run: said, until: /^ho$/ },
      // The second takes over as the first lets go of its lease.
      { run: "", finish: { name: "first", when: /elected/ } },
      { run: "kubectl apply -f -", input: greeting("hello", "hey", 3) },
      { run: said, until: /^hey hey hey$/ },
      "kubectl delete hail hello --timeout=90s",
      { run: "kubectl get configmap hello", until: /not found/ },
      "kubectl get configmap farewell-hello -o jsonpath={.data}",
      { run: "", finish: { name: "second", when: /elected/ } },
    ],
  },
];
