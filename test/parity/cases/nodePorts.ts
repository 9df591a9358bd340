import { get, patchJson, post, put, type ParityCase, type Step } from "../ParityCase.ts";
import { at, service } from "./objects.ts";

interface Port {
  readonly port: number;
  readonly name?: string;
  readonly protocol?: string;
  readonly nodePort?: number;
}

const exposed = (name: string, ports: readonly Port[], type = "NodePort"): Record<string, unknown> =>
  service(name, { type, ports });
const create = (name: string, ports: readonly Port[], type?: string): Step =>
  post(at("services"), exposed(name, ports, type));

/** Which of them are the same, whatever their numbers. */
const shared = (step: Step): Step => ({
  ...step,
  view: (body) => {
    const { spec } = body as { spec?: { ports?: Port[] } };
    const ports = (spec?.ports ?? []).map(({ nodePort }) => nodePort);
    return spec === undefined ? body : ports.map((port) => (port === undefined ? port : ports.indexOf(port)));
  },
});
const dns = [
  { name: "udp", port: 53, protocol: "UDP" },
  { name: "tcp", port: 53, protocol: "TCP" },
];

/** Node ports of Services: given, asked for (of those that nobody is given by chance), taken, kept. */
export const nodePortCases: readonly ParityCase[] = [
  {
    title: "node ports: another Service has it",
    steps: [
      create("a", [{ port: 80, nodePort: 30_011 }]),
      create("b", [{ port: 80, nodePort: 30_011 }]),
      get(at("services", "b")),
      create("b", [{ port: 80 }]),
      patchJson(at("services", "b"), [{ op: "replace", path: "/spec/ports/0/nodePort", value: 30_011 }]),
      put(at("services", "b"), exposed("b", [{ port: 81, nodePort: 30_011 }])),
    ],
  },
  {
    title: "node ports: one for two ports",
    steps: [
      create("a", [
        { name: "a", port: 80, nodePort: 30_012 },
        { name: "b", port: 81, nodePort: 30_012 },
      ]),
      create("a", [
        { name: "a", port: 80, nodePort: 30_012 },
        { name: "b", port: 81 },
      ]),
      put(
        at("services", "a"),
        exposed("a", [
          { name: "a", port: 80, nodePort: 30_012 },
          { name: "b", port: 81, nodePort: 30_012 },
        ]),
      ),
    ],
  },
  {
    title: "node ports: outside the range",
    steps: [
      create("a", [{ port: 80, nodePort: 80 }]),
      create("a", [{ port: 80 }]),
      patchJson(at("services", "a"), [{ op: "replace", path: "/spec/ports/0/nodePort", value: 40_000 }]),
    ],
  },
  {
    title: "node ports: several ports have several",
    steps: [
      shared(
        create("a", [
          { name: "a", port: 80 },
          { name: "b", port: 81 },
          { name: "c", port: 82 },
        ]),
      ),
      shared(
        patchJson(at("services", "a"), [
          { op: "add", path: "/spec/ports/-", value: { name: "d", port: 83 } },
        ]),
      ),
    ],
  },
  {
    title: "node ports: one number in two protocols shares one",
    steps: [
      shared(create("a", dns)),
      shared(
        create(
          "b",
          dns.map((port, i) => (i === 1 ? { ...port, nodePort: 30_013 } : port)),
        ),
      ),
      shared(create("c", dns, "LoadBalancer")),
    ],
  },
  {
    title: "node ports: asked for without a type that has any",
    steps: [
      create("a", [{ port: 80, nodePort: 30_014 }], "ClusterIP"),
      create("a", [{ port: 80 }], "ClusterIP"),
      patchJson(at("services", "a"), [{ op: "add", path: "/spec/ports/0/nodePort", value: 30_014 }]),
      patchJson(at("services", "a"), [{ op: "replace", path: "/spec/type", value: "NodePort" }]),
      patchJson(at("services", "a"), [{ op: "replace", path: "/spec/type", value: "ClusterIP" }]),
    ],
  },
  {
    title: "node ports: freed by their Service's end of type",
    steps: [
      create("a", [{ port: 80, nodePort: 30_015 }]),
      patchJson(at("services", "a"), [{ op: "replace", path: "/spec/type", value: "ClusterIP" }]),
      create("b", [{ port: 80, nodePort: 30_015 }]),
    ],
  },
];
