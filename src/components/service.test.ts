import { expect, test } from "vitest";
import { secret } from "../platform/secret.ts";
import { evaluate } from "./testing/evaluate.ts";
import { file, postgres, redis, service, volume } from "./index.ts";

const image = "registry.example.org/curator:1.4.0";

interface Pod {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    containers: Container[];
    initContainers?: (Container & { restartPolicy?: string })[];
    securityContext: object;
    volumes?: { name: string }[];
    automountServiceAccountToken: boolean;
    terminationGracePeriodSeconds: number;
  };
}
interface Container {
  name: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
  envFrom?: object[];
  volumeMounts?: { mountPath: string; name: string }[];
  securityContext: object;
  ports?: object[];
  readinessProbe?: object;
  lifecycle?: object;
}

/** The pod template of the environment's Deployment. */
function podOf(result: ReturnType<typeof evaluate>, name?: string): Pod & { main: Container } {
  const { template } = result.find("Deployment", name)["spec"] as { template: Pod };
  const [main] = template.spec.containers;
  if (!main) throw new Error("no container");
  return { ...template, main };
}

test("selectors are exactly name and instance, and the pods carry both", () => {
  const result = evaluate({ curator: service({ image }) }, { suffix: "-dev" });
  const selector = { "app.kubernetes.io/name": "curator", "app.kubernetes.io/instance": "epidemiology-prod" };
  expect(result.find("Deployment")["spec"]).toMatchObject({ selector: { matchLabels: selector } });
  expect((result.find("Service")["spec"] as { selector: object }).selector).toEqual(selector);
  expect(podOf(result).metadata.labels).toMatchObject(selector);
  expect(result.find("Service").metadata.name).toBe("curator-dev");
});

test("a service without more than an image is restricted, asks its port, and serves on after it was told to stop", () => {
  const result = evaluate({ curator: service({ image }) });
  const { main, spec } = podOf(result);
  expect(spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  expect(main.securityContext).toEqual({ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } });
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(main.ports).toEqual([{ name: "http", containerPort: 8080, protocol: "TCP" }]);
  expect(main.readinessProbe).toEqual({ tcpSocket: { port: "http" } });
  expect(main.lifecycle).toEqual({ preStop: { sleep: { seconds: 3 } } });
  expect(spec.terminationGracePeriodSeconds).toBe(33);
  expect(result.find("Deployment")["spec"]).toMatchObject({
    strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
  });
});

test("a secret in the environment is a reference, and inside a longer string a variable of its own, placed before", () => {
  const { DB } = { DB: secret("db") };
  const broker = redis({ password: true });
  const result = evaluate(
    {
      broker,
      curator: service({
        image,
        env: { PASSWORD: DB["PASSWORD"] ?? "", BROKER: `${broker.url}/0`, OTHER: `${broker.url}/1`, N: 3 },
      }),
    },
    { suffix: "-dev" },
  );
  expect(podOf(result, "curator-dev").main.env).toEqual([
    { name: "SECRET_BROKER_DEV_URL", valueFrom: { secretKeyRef: { name: "broker-dev", key: "url" } } },
    { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "db-dev", key: "PASSWORD" } } },
    { name: "BROKER", value: "$(SECRET_BROKER_DEV_URL)/0" },
    { name: "OTHER", value: "$(SECRET_BROKER_DEV_URL)/1" },
    { name: "N", value: "3" },
  ]);
});

test("a secret in the command is refused: the list of processes would show it", () => {
  const result = evaluate({
    curator: service({ image, command: ["run", "--password", `${secret("db")["PASSWORD"]}`] }),
  });
  expect(() => result.objects).toThrow("db.PASSWORD can't stand here");
});

const annotationsWith = (spec: object, hash = "one") =>
  podOf(
    evaluate(
      { curator: service({ image, env: { P: `${secret("db")["PASSWORD"]}` }, ...spec }) },
      { files: { "a.ini": "debug = 1", "b.ini": "debug = 2" }, secretHash: () => hash },
    ),
  ).metadata.annotations;

test("a changed file, a changed configuration value and a changed secret roll the pods, and nothing else does", () => {
  const first = annotationsWith({ config: { A: "1" }, files: { "/etc/a.ini": file("a.ini") } });
  expect(annotationsWith({ config: { A: "1" }, files: { "/etc/a.ini": file("a.ini") } })).toEqual(first);
  expect(annotationsWith({ config: { A: "2" }, files: { "/etc/a.ini": file("a.ini") } })).not.toEqual(first);
  expect(annotationsWith({ config: { A: "1" }, files: { "/etc/a.ini": file("b.ini") } })).not.toEqual(first);
  expect(annotationsWith({ config: { A: "1" }, files: { "/etc/a.ini": file("a.ini") } }, "two")).not.toEqual(
    first,
  );
  expect(first).toEqual({ "moorage.dev/config-hash": expect.any(String), "moorage.dev/secret-hash": "one" });
});

test("files are mounted one by one, and one that contains a secret is kept in a Secret that is composed later", () => {
  const data = postgres({ storage: "1Gi" });
  const result = evaluate(
    {
      data,
      curator: service({
        image,
        files: {
          "/etc/app/settings.ini": { text: "port = 80", mode: 0o400 },
          "/etc/app/db.ini": `url = ${data.url} # \${literal}`,
          "/etc/app/logo.bin": file("logo.bin"),
        },
      }),
    },
    { files: { "logo.bin": new Uint8Array([0xff, 0x00, 0x80]) } },
  );
  expect(podOf(result).main.volumeMounts).toEqual([
    {
      name: "moorage-files",
      mountPath: "/etc/app/settings.ini",
      subPath: "etc-app-settings.ini",
      readOnly: true,
    },
    { name: "moorage-secret-files", mountPath: "/etc/app/db.ini", subPath: "etc-app-db.ini", readOnly: true },
    { name: "moorage-files", mountPath: "/etc/app/logo.bin", subPath: "etc-app-logo.bin", readOnly: true },
  ]);
  expect(result.find("ConfigMap")).toMatchObject({
    data: { "etc-app-settings.ini": "port = 80" },
    binaryData: { "etc-app-logo.bin": "/wCA" },
  });
  expect(result.secrets.find(({ name }) => name === "curator-secret-files")?.keys).toEqual({
    "etc-app-db.ini": { from: "template", template: "url = ${data/url} # $${literal}" },
  });
  expect(JSON.stringify(result.objects)).not.toContain("url = ");
});

test("references to volumes are paths, and a claim for one node makes the strategy Recreate", () => {
  const data = volume.claim({ size: "5Gi", path: "/var/lib/data" });
  const result = evaluate({
    data,
    api: service({ image, runAs: 1000, volumes: [data], env: { DB: `${data.path}/cases.db` } }),
  });
  expect(podOf(result).main.env).toEqual([{ name: "DB", value: "/var/lib/data/cases.db" }]);
  expect(podOf(result).main.volumeMounts).toEqual([{ name: "data", mountPath: "/var/lib/data" }]);
  expect(podOf(result).spec.volumes).toEqual([
    { name: "data", persistentVolumeClaim: { claimName: "data" } },
  ]);
  expect(result.find("Deployment")["spec"]).toMatchObject({ strategy: { type: "Recreate" } });
  expect(podOf(result).main.lifecycle).toBeUndefined();
  expect(podOf(result).spec.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 1000 });
  expect(result.problems).toEqual([]);
});

test("more replicas than can mount a claim are refused, a rolling update of it is warned of", () => {
  const data = volume.claim({ size: "5Gi" });
  const two = evaluate({ data, api: service({ image, runAs: 1000, volumes: [data], replicas: 2 }) });
  expect(two.problems).toMatchObject([{ path: "components.api.replicas", severity: "error" }]);
  const rolling = evaluate({
    data,
    api: service({ image, runAs: 1000, volumes: [data], strategy: "rolling" }),
  });
  expect(rolling.problems).toMatchObject([{ path: "components.api.strategy", severity: "warning" }]);
  const shared = volume.claim({ size: "5Gi", access: "ReadWriteMany" });
  expect(
    evaluate({ shared, api: service({ image, runAs: 1000, volumes: [shared], replicas: 2 }) }).problems,
  ).toEqual([]);
});

test("under autoscaling there is no number of replicas", () => {
  const result = evaluate({
    api: service({
      image,
      autoscaling: { min: 2, max: 5 },
      resources: { cpu: "100m" },
      disruptionBudget: { maxUnavailable: 1 },
    }),
  });
  expect(result.find("Deployment")["spec"]).not.toHaveProperty("replicas");
  expect(result.find("HorizontalPodAutoscaler")["spec"]).toMatchObject({ minReplicas: 2, maxReplicas: 5 });
  expect(result.find("PodDisruptionBudget")["spec"]).toMatchObject({ maxUnavailable: 1 });
});

test("sidecars are init containers that go on running, before the init steps", () => {
  const result = evaluate({
    api: service({
      image,
      sidecars: { proxy: { image: "proxy:1", ports: { admin: 9901 } } },
      init: { migrate: { command: ["migrate"] } },
    }),
  });
  expect(podOf(result).spec.initContainers).toMatchObject([
    {
      name: "proxy",
      image: "proxy:1",
      restartPolicy: "Always",
      readinessProbe: { tcpSocket: { port: "admin" } },
    },
    { name: "migrate", image, command: ["migrate"] },
  ]);
});

test("OpenShift chooses the user id: none is written, and root is refused", () => {
  const result = evaluate({ api: service({ image, runAs: 1000 }) }, { flavor: "openshift" });
  expect(podOf(result).spec.securityContext).toEqual({
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(
    evaluate({ api: service({ image, runAs: "root" }) }, { flavor: "openshift" }).problems,
  ).toMatchObject([{ path: "components.api.runAs", severity: "error" }]);
});

test("without runAs, and where the environment allows it, non-root is not enforced but warned of", () => {
  const result = evaluate({ api: service({ image }) }, { podSecurity: "baseline" });
  expect(podOf(result).spec.securityContext).toEqual({ seccompProfile: { type: "RuntimeDefault" } });
  expect(result.problems).toMatchObject([{ path: "components.api.runAs", severity: "warning" }]);
  expect(evaluate({ api: service({ image }) }, { sandbox: true }).problems).toEqual([]);
});

test("in the sandbox, and only there, the pod says how its containers run as processes", () => {
  const images = { api: { ref: "api:1", dev: { cwd: "/src/api", run: ["node", "main.js"] } } };
  const components = { api: service({ image: "api", sidecars: { proxy: { image: "proxy:1" } } }) };
  const annotations = podOf(evaluate(components, { images, sandbox: true })).metadata.annotations;
  expect(JSON.parse(annotations?.["dev.moorage.dev/containers"] ?? "")).toEqual({ api: images.api.dev });
  expect(podOf(evaluate(components, { images })).metadata.annotations).toBeUndefined();
});

test.each([
  [{ probes: { readiness: { tcp: "admin" } } }, "probes", 'a probe asks the port "admin", which it hasn\'t'],
  [{ ports: { a: 80, b: 80 } }, "ports.b", 'the same port of the pod as "a": 80'],
  [
    { resources: { memory: "1Gi", limits: { memory: "512Mi" } } },
    "resources.limits.memory",
    "the limit 512Mi is below the request 1Gi",
  ],
  [
    { autoscaling: { max: 3 } },
    "autoscaling",
    "autoscaling by cpu is in percent of the request, and there is none",
  ],
  [
    { strategy: { maxSurge: 0 } },
    "strategy",
    "maxSurge and maxUnavailable are both 0: no pod could ever be replaced",
  ],
])("%o is refused", (spec, path, message) => {
  expect(evaluate({ api: service({ image, runAs: 1000, ...spec }) }).problems).toMatchObject([
    { path: `components.api.${path}`, message, severity: "error" },
  ]);
});

test("a name that is too long for its Service is refused", () => {
  const key = "a".repeat(60);
  expect(evaluate({ [key]: service({ image, runAs: 1000 }) }, { suffix: "-dev" }).problems).toMatchObject([
    { message: expect.stringContaining("64 characters; 63 are allowed") },
  ]);
});

test("files that a ConfigMap can't hold are refused", () => {
  const app = service({ image, runAs: 1000, files: { "/etc/big": "x".repeat(1_100_000) } });
  expect(evaluate({ app }).problems).toMatchObject([
    { path: "components.app.files", message: expect.stringContaining("1.1 MB") },
  ]);
});
