import { beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { createAuthority, issueServerCertificate } from "../../sandbox/api/https/certificates.ts";
import { secretFindings } from "./missingSecrets.ts";

const now = Date.parse("2026-01-01T00:00:00Z");
const day = 86_400_000;

const labelled = (apiVersion: string, kind: string, spec: unknown): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "web", labels: { "app.kubernetes.io/name": "web" } },
  spec,
});
const deployment = (pod: object): KubeObject =>
  labelled("apps/v1", "Deployment", { template: { spec: { containers: [{ name: "c", ...pod }], ...pod } } });
const ingress = labelled("networking.k8s.io/v1", "Ingress", {
  tls: [{ hosts: ["a.org"], secretName: "tls" }],
});
const secrets = (all: Record<string, Record<string, string>>): Map<string, KubeObject> =>
  new Map(
    Object.entries(all).map(([name, data]) => [
      name,
      { apiVersion: "v1", kind: "Secret", metadata: { name }, data },
    ]),
  );

describe("What is missing", () => {
  const env = (ref: object): object => ({ env: [{ name: "P", valueFrom: { secretKeyRef: ref } }] });
  const cases: [string, KubeObject, Record<string, Record<string, string>>, string[]][] = [
    [
      "is a Secret that a variable comes from",
      deployment(env({ name: "db", key: "P" })),
      {},
      ["Secret db is missing"],
    ],
    [
      "is a key of it",
      deployment(env({ name: "db", key: "P" })),
      { db: { OTHER: "eA==" } },
      ["Secret db has no key P"],
    ],
    ["is nothing, when it is there", deployment(env({ name: "db", key: "P" })), { db: { P: "eA==" } }, []],
    ["is nothing that is optional", deployment(env({ name: "db", key: "P", optional: true })), {}, []],
    [
      "is a Secret that all variables come from",
      deployment({ envFrom: [{ secretRef: { name: "db" } }] }),
      {},
      ["Secret db is missing"],
    ],
    [
      "is a Secret that is mounted, once however often it is used",
      deployment({
        volumes: [
          { name: "a", secret: { secretName: "files" } },
          {
            name: "b",
            projected: { sources: [{ secret: { name: "files", items: [{ key: "k", path: "k" }] } }] },
          },
        ],
      }),
      {},
      ["Secret files is missing"],
    ],
    [
      "is what the registry asks for",
      deployment({ imagePullSecrets: [{ name: "registry" }] }),
      {},
      ["the credentials registry for its registry are missing"],
    ],
    ["is a certificate", ingress, {}, ["the certificate tls is missing: HTTPS does not work"]],
    [
      "is what a certificate's Secret should hold",
      ingress,
      { tls: {} },
      ["the certificate tls is empty: HTTPS does not work"],
    ],
    [
      "is told without a byte of it",
      ingress,
      { tls: { "tls.crt": Buffer.from("hunter2").toString("base64") } },
      ["the certificate tls cannot be read: HTTPS does not work"],
    ],
  ];
  it.each(cases)("%s", (_what, object, all, messages) => {
    const found = secretFindings([object], secrets(all), now);
    expect(found.map(({ message }) => message)).toEqual(messages);
    expect(found.every(({ component }) => component === "web")).toBe(true);
  });
});

describe("A certificate", () => {
  let ends: number;
  let all: Map<string, KubeObject>;
  beforeAll(async () => {
    const { certificate } = await issueServerCertificate(await createAuthority("test", now), now);
    all = secrets({ tls: { "tls.crt": Buffer.from(certificate).toString("base64") } });
    const { X509Certificate } = await import("node:crypto");
    ends = Date.parse(new X509Certificate(certificate).validTo);
  });
  it.each([
    [30, undefined],
    [10, "warning: the certificate tls ends in 10 days, on DAY"],
    [1, "warning: the certificate tls ends tomorrow, on DAY"],
    [0, "warning: the certificate tls ends today, on DAY"],
    [-2, "error: the certificate tls ended on DAY"],
  ])("with %d days left", (left, expected) => {
    const [finding] = secretFindings([ingress], all, ends - left * day - 1000);
    const told = finding && `${finding.severity}: ${finding.message}`;
    expect(told?.replace(new Date(ends).toISOString().slice(0, 10), "DAY")).toBe(expected);
  });
});
