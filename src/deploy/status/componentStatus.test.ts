import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../contract/index.ts";
import { componentStatus, worstOf, type Around } from "./componentStatus.ts";
import { imageParts, imagesOf } from "./imageVersion.ts";
import { publicUrls } from "./publicUrls.ts";
import { restartsOf } from "./restarts.ts";
import { runOf } from "./runStatus.ts";

const at = (minute: number): string => `2026-01-01T10:${String(minute).padStart(2, "0")}:00Z`;
const object = (
  apiVersion: string,
  kind: string,
  spec: unknown,
  status: unknown = {},
  metadata = {},
): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name: "web", namespace: "epi", uid: `${kind}-1`, generation: 1, ...metadata },
  spec,
  status,
});
const pod = (name: string, status: object, spec: object = {}): KubeObject =>
  object("v1", "Pod", spec, status, {
    name,
    uid: name,
    ownerReferences: [{ apiVersion: "apps/v1", kind: "StatefulSet", name: "web", uid: "StatefulSet-1" }],
  });
const ready = (status: "True" | "False", minute: number): object => ({
  conditions: [{ type: "Ready", status, lastTransitionTime: at(minute) }],
});
const around = (pods: readonly KubeObject[], more: Partial<Around> = {}): Around => ({
  ofKind: (kind) => (kind === "/Pod" ? [...pods] : []),
  jobs: [],
  redact: (text) => text.replaceAll("hunter2", "***"),
  eventOf: () => undefined,
  ...more,
});
const set = (status: object): KubeObject =>
  object(
    "apps/v1",
    "StatefulSet",
    {
      replicas: 2,
      template: { spec: { containers: [{ name: "web", image: "r.org/web:1.2@sha256:0123456789abcdef" }] } },
    },
    { observedGeneration: 1, ...status },
  );
const whole = { replicas: 2, readyReplicas: 2, availableReplicas: 2, updatedReplicas: 2 };

describe("A component", () => {
  it("is ready since the last of its pods is", () => {
    const pods = [pod("web-0", ready("True", 5)), pod("web-1", ready("True", 9))];
    const status = componentStatus(
      { name: "web", kind: "service", objects: [set(whole)], missing: [], unreadable: [] },
      around(pods),
    );
    expect(status).toEqual({
      name: "web",
      kind: "service",
      health: "ready",
      message: "",
      since: at(9),
      replicas: { ready: 2, wanted: 2 },
      images: [
        {
          container: "web",
          image: "r.org/web:1.2@sha256:0123456789abcdef",
          tag: "1.2",
          digest: "0123456789ab",
        },
      ],
      version: "1.2",
      urls: [],
    });
  });

  it("that is not ready is so since the first of its pods is not, and says what holds it up", () => {
    const pods = [pod("web-0", ready("False", 5)), pod("web-1", ready("False", 9))];
    const eventOf = (): string => 'FailedMount: secret "hunter2" not found';
    const status = componentStatus(
      { name: "web", objects: [set({ ...whole, readyReplicas: 0 })], missing: [], unreadable: [] },
      around(pods, { eventOf }),
    );
    expect(status).toMatchObject({ health: "waiting", since: at(5), replicas: { ready: 0, wanted: 2 } });
    expect(status.message).toMatch(/^0 of 2 replicas ready.*FailedMount: secret "\*\*\*" not found$/);
  });

  it("whose object is gone has failed; one that may not be read is not known", () => {
    const of = (missing: string[], unreadable: string[]): object =>
      componentStatus({ name: "web", objects: [], missing, unreadable }, around([]));
    expect(of(["Deployment web"], [])).toMatchObject({
      health: "failed",
      message: "Deployment web is missing",
    });
    expect(of([], ["Deployment web"])).toMatchObject({
      health: "unknown",
      message: "Deployment web may not be read",
    });
  });

  it("counts the worst", () => {
    expect(worstOf([])).toBe("ready");
    expect(worstOf(["ready", "unknown"])).toBe("unknown");
    expect(worstOf(["unknown", "waiting", "ready"])).toBe("waiting");
    expect(worstOf(["waiting", "failed"])).toBe("failed");
  });
});

describe("An image", () => {
  it.each([
    ["web", { name: "web" }],
    ["r.org:5000/a/web", { name: "r.org:5000/a/web" }],
    ["r.org:5000/a/web:1.0", { name: "r.org:5000/a/web", tag: "1.0" }],
    ["r.org/web@sha256:0123456789abcdef", { name: "r.org/web", digest: "0123456789ab" }],
  ])("%s has its parts", (image, parts) => expect(imageParts(image)).toEqual(parts));

  it("has the digest that runs, of a pod of that very version", () => {
    const run = (name: string, image: string, digest: string): KubeObject =>
      pod(
        name,
        { containerStatuses: [{ name: "web", imageID: `r.org/web@sha256:${digest}` }] },
        {
          containers: [{ name: "web", image }],
        },
      );
    const workload = object("apps/v1", "Deployment", {
      template: { spec: { containers: [{ name: "web", image: "r.org/web:2" }] } },
    });
    const pods = [
      run("old", "r.org/web:1", "aaaaaaaaaaaaaaaa"),
      run("new", "r.org/web:2", "bbbbbbbbbbbbbbbb"),
    ];
    expect(imagesOf(workload, pods)[0]?.digest).toBe("bbbbbbbbbbbb");
    expect(imagesOf(workload, pods.slice(0, 1))[0]?.digest).toBeUndefined();
  });
});

describe("Restarts", () => {
  const ended = (count: number, terminated: object): KubeObject =>
    pod(`web-${count}`, {
      containerStatuses: [{ name: "web", restartCount: count, lastState: { terminated } }],
    });
  it("are counted together, with the reason of the last", () => {
    expect(restartsOf([pod("web-9", {})])).toBeUndefined();
    expect(
      restartsOf([
        ended(2, { reason: "OOMKilled", exitCode: 137, finishedAt: at(7) }),
        ended(1, { reason: "Error", exitCode: 1, finishedAt: at(8) }),
      ]),
    ).toEqual({ count: 3, reason: "exit code 1", at: at(8), where: "web-1/web" });
    expect(restartsOf([ended(4, { reason: "OOMKilled", exitCode: 137, finishedAt: at(7) })])?.reason).toBe(
      "OOMKilled",
    );
  });
});

describe("The public address", () => {
  const cases: [string, KubeObject, string[]][] = [
    [
      "of an Ingress is each of its hosts, with TLS where it has it",
      object("networking.k8s.io/v1", "Ingress", {
        tls: [{ hosts: ["a.org"], secretName: "x" }],
        rules: [
          { host: "a.org", http: { paths: [{ path: "/api" }, { path: "/" }] } },
          { host: "b.org", http: { paths: [{ path: "/api" }] } },
        ],
      }),
      ["https://a.org/", "http://b.org/api"],
    ],
    [
      "of an Ingress without a host is its load balancer's",
      object(
        "networking.k8s.io/v1",
        "Ingress",
        { rules: [{ http: { paths: [{ path: "/" }] } }] },
        { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } },
      ),
      ["http://192.0.2.1/"],
    ],
    [
      "of a Route is its host, also one that the router chose",
      object(
        "route.openshift.io/v1",
        "Route",
        { tls: { termination: "edge" } },
        { ingress: [{ host: "r.org" }] },
      ),
      ["https://r.org/"],
    ],
    [
      "of an HTTPRoute is each of its hosts",
      object("gateway.networking.k8s.io/v1", "HTTPRoute", {
        hostnames: ["g.org"],
        rules: [{ matches: [{ path: { type: "PathPrefix", value: "/x" } }] }],
      }),
      ["https://g.org/x"],
    ],
    [
      "of a load balancer has its port",
      object(
        "v1",
        "Service",
        { type: "LoadBalancer", ports: [{ port: 5432 }] },
        { loadBalancer: { ingress: [{ hostname: "lb.org" }] } },
      ),
      ["http://lb.org:5432/"],
    ],
    ["of a Service inside the cluster is none", object("v1", "Service", { clusterIP: "10.0.0.1" }), []],
  ];
  it.each(cases)("%s", (_what, one, urls) => expect(publicUrls(one, "web")).toEqual(urls));
});

describe("A run", () => {
  const job = (status: object, metadata = {}): KubeObject => object("batch/v1", "Job", {}, status, metadata);
  const done = (type: string): object => ({ type, status: "True", lastTransitionTime: at(4) });
  const owned = {
    ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "x", uid: "CronJob-1" }],
  };
  const nightly = (status: object = {}, spec: object = {}): KubeObject =>
    object("batch/v1", "CronJob", { schedule: "30 2 * * *", ...spec }, status);
  it.each([
    [job({ startTime: at(1) }), [], { state: "running", at: at(1) }],
    [
      job({ startTime: at(1), completionTime: at(3), conditions: [done("Complete")] }),
      [],
      { state: "succeeded", at: at(3), seconds: 120 },
    ],
    [
      job({ startTime: at(1), conditions: [done("Failed")] }),
      [],
      { state: "failed", at: at(4), seconds: 180 },
    ],
    [nightly(), [], { state: "never", schedule: "30 2 * * *" }],
    [nightly({}, { suspend: true }), [], { state: "never", schedule: "30 2 * * *", suspended: true }],
    [nightly({ lastSuccessfulTime: at(2) }), [], { state: "succeeded", at: at(2), schedule: "30 2 * * *" }],
    [
      nightly(),
      [
        job({ startTime: at(1), completionTime: at(2), conditions: [done("Complete")] }, owned),
        job({ startTime: at(3), conditions: [done("Failed")] }, owned),
      ],
      { state: "failed", at: at(4), seconds: 60, schedule: "30 2 * * *" },
    ],
  ])("%# is told from the conditions of its jobs", (one, jobs, run) => {
    expect(runOf(one, jobs)).toEqual(run);
  });
});
