import * as fc from "fast-check";

/** One write of a sequence: what is sent, and by whom. */
export interface Write {
  readonly op: "create" | "update" | "apply";
  readonly manager: string;
  readonly force: boolean;
  readonly object: Record<string, unknown>;
}

const compact = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined });
const text = fc.constantFrom("x", "y", "z");
const texts = fc.dictionary(fc.constantFrom("a", "b", "c.d/e"), text, { maxKeys: 3 });
const unique = <T extends Record<string, unknown>>(
  item: fc.Arbitrary<T>,
  key: (item: T) => string,
): fc.Arbitrary<T[]> => fc.uniqueArray(item, { selector: key, maxLength: 3 });

const port = fc
  .record({
    containerPort: fc.constantFrom(80, 81),
    protocol: maybe(fc.constantFrom("TCP", "UDP")),
    name: maybe(text),
  })
  .map(compact);
const env = fc.record({ name: fc.constantFrom("A", "B", "C"), value: maybe(text) }).map(compact);
const container = fc
  .record({
    name: fc.constantFrom("c", "d", "e"),
    image: maybe(text),
    command: maybe(fc.array(text, { maxLength: 2 })),
    ports: maybe(unique(port, (one) => JSON.stringify([one["containerPort"], one["protocol"] ?? "TCP"]))),
    env: maybe(unique(env, (one) => String(one["name"]))),
    // Always there, as defaulting would have it.
    resources: fc
      .record({ limits: maybe(fc.dictionary(fc.constantFrom("cpu", "memory"), fc.constantFrom("1", "2"))) })
      .map(compact),
  })
  .map(compact);

const metadata = fc
  .record({
    labels: maybe(texts),
    annotations: maybe(texts),
    finalizers: maybe(fc.uniqueArray(fc.constantFrom("m.n/o", "p.q/r"), { maxLength: 2 })),
  })
  .map((value) => ({ name: "n", namespace: "d", ...compact(value) }));

const deployment = fc
  .record({
    metadata,
    spec: fc
      .record({
        replicas: maybe(fc.constantFrom(1, 2, 3)),
        selector: fc.record({ matchLabels: maybe(texts) }).map(compact),
        template: maybe(
          fc
            .record({
              metadata: maybe(fc.record({ labels: maybe(texts) }).map(compact)),
              spec: maybe(
                fc
                  .record({
                    containers: maybe(unique(container, (one) => String(one["name"]))),
                    nodeSelector: maybe(texts),
                    serviceAccountName: maybe(text),
                  })
                  .map(compact),
              ),
            })
            .map(compact),
        ),
      })
      .map(compact),
  })
  .map((value) => ({ apiVersion: "apps/v1", kind: "Deployment", ...value }));

const configMap = fc
  .record({ metadata, data: maybe(texts), immutable: maybe(fc.boolean()) })
  .map((value) => ({ apiVersion: "v1", kind: "ConfigMap", ...compact(value) }));

const servicePort = fc
  .record({
    name: maybe(text),
    port: fc.constantFrom(80, 443),
    protocol: fc.constantFrom("TCP", "UDP"),
    targetPort: fc.constantFrom<number | string>(80, "http"),
    nodePort: maybe(fc.constantFrom(30_000, 30_001)),
  })
  .map(compact);
const service = fc
  .record({
    metadata,
    spec: fc
      .record({
        ports: maybe(unique(servicePort, (one) => `${String(one["port"])}${String(one["protocol"])}`)),
        selector: maybe(texts),
        type: maybe(fc.constantFrom("ClusterIP", "NodePort")),
      })
      .map(compact),
  })
  .map((value) => ({ apiVersion: "v1", kind: "Service", ...value }));

/** Sequences of writes to one object: created or first applied, then updated and applied by several managers. */
export const sequences: fc.Arbitrary<Write[]> = fc
  .constantFrom(deployment, configMap, service)
  .chain((object: fc.Arbitrary<Record<string, unknown>>) =>
    fc
      .array(
        fc.record({
          op: fc.constantFrom<Write["op"]>("apply", "apply", "apply", "update"),
          manager: fc.constantFrom("one", "two", "three"),
          force: fc.boolean(),
          object,
        }),
        { minLength: 1, maxLength: 6 },
      )
      .map((writes) =>
        writes.map((write, i) =>
          i === 0 && write.op === "update" ? { ...write, op: "create" as const } : write,
        ),
      ),
  );
