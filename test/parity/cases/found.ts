import { apply, get, patchMerge, post, put, type ParityCase } from "../ParityCase.ts";
import {
  at,
  configMap,
  crds,
  deploymentOf,
  established,
  sample,
  sampleDefinition,
  samples,
} from "./objects.ts";

const definition = `${crds}/samples.{ns}.example.org`;

/** What random sequences found (`../random/`), cut down to what shows it. */
export const foundCases: readonly ParityCase[] = [
  {
    title: "found: a refusal put back as an object",
    steps: [
      get(at("configmaps", "a")),
      { ...put(at("configmaps", "a"), {}), from: 0 },
      { ...put(at("deployments", "a"), {}), from: 0 },
    ],
  },
  {
    title: "found: a refused write warns of unknown fields too",
    steps: [
      post(at("configmaps"), configMap("a")),
      patchMerge(at("configmaps", "a"), { data: { "no/key": "x" }, spec: { replicas: null } }),
    ],
  },
  {
    title: "found: empty labels of a custom object are left out",
    steps: [
      { ...post(crds, sampleDefinition()), view: () => "defined" },
      { ...get(definition), until: established, view: () => "established" },
      { ...get(samples()), until: (status) => status === 200, view: () => "served" },
      apply("one", samples("a"), sample("a", { size: 1 }, { metadata: { name: "a", labels: {} } })),
    ],
  },
  {
    title: "found: one port in two containers of a pod",
    steps: [
      post(
        at("deployments"),
        deploymentOf("a", {
          containers: ["c", "d"].map((name) => ({
            name,
            image: "x",
            ports: [{ containerPort: 80, name: "p" }],
          })),
        }),
      ),
    ],
  },
  {
    title: "found: a list at a version that is none",
    steps: [get(at("configmaps"), { resourceVersion: "undefined", resourceVersionMatch: "Exact" })],
  },
];
