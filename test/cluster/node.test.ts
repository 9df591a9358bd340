import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  deployment,
  eventually,
  js,
  listen,
  pod,
  service,
  stay,
  template,
  type Obj,
} from "../sandbox/TestSandbox.ts";
import { runTool, toolPath } from "../tools/kubectl.ts";
import { clusterMissing, startCluster, type Cluster } from "./startCluster.ts";

const missing =
  clusterMissing() ?? (process.env["MOORAGE_TEST_CONTEXT"] ? "it needs a cluster of its own" : undefined);

describe.skipIf(missing !== undefined)(
  `The sandbox's node under a real control plane${missing ? ` (skipped: ${missing})` : ""}`,
  { timeout: 300_000 },
  () => {
    let cluster: Cluster;
    let folder = "";
    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "moorage-programs-"));
      cluster = await startCluster({ node: true });
    }, 300_000);
    afterAll(async () => {
      await cluster?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    const kubectl = async (args: string | readonly string[], input?: object): Promise<string> => {
      const list = typeof args === "string" ? args.trim().split(/\s+/) : args;
      const { code, stdout, stderr } = await runTool("kubectl", list, {
        kubeconfig: cluster.kubeconfig,
        home: folder,
        ...(input === undefined ? {} : { input: JSON.stringify(input) }),
      });
      if (code !== 0) throw new Error(`kubectl ${list.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
      return stdout;
    };
    const apply = (...items: readonly object[]): Promise<string> =>
      kubectl("apply --server-side -f -", { apiVersion: "v1", kind: "List", items });
    const get = async (args: string): Promise<Obj> => JSON.parse(await kubectl(`get -o json ${args}`));
    const ports = [{ name: "http", containerPort: 8080, protocol: "TCP" }];
    const probe = (path: string): object => ({
      httpGet: { path, port: "http" },
      periodSeconds: 1,
      failureThreshold: 1,
      // A busy machine is not an ill program.
      timeoutSeconds: 10,
    });
    /** Through the Service's loopback port, which the node wrote into its annotation. */
    const ask = async (name: string): Promise<string> => {
      const { metadata } = await get(`service ${name}`);
      const [port] = Object.values(
        JSON.parse(metadata.annotations["dev.moorage.dev/service-ports"]) as Record<string, number>,
      );
      // A connection each: one that is kept ends with the pod that it leads to.
      return (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text();
    };

    test("rolls a Deployment whose Service answers all the while, and keeps its history", async () => {
      // Asked to end, it answers what it was asked before: on a busy machine that may be some.
      const serve = `const server = require("node:http").createServer((q, r) => r.end(process.env.VERSION)).listen(process.env.PORT, "127.0.0.1");
        process.on("SIGTERM", () => server.close());`;
      const web = (version: string) =>
        deployment(
          "web",
          template("web", folder, {
            containers: [
              js(serve, {
                ports,
                env: [{ name: "VERSION", value: version }],
                readinessProbe: probe("/"),
              }),
            ],
          }),
          { replicas: 2 },
        );
      await apply(web("one"), service("web"));
      await kubectl("rollout status deployment/web --timeout=90s");
      expect(await ask("web")).toBe("one");
      await apply(web("two"));
      const rolled = new AbortController();
      const rollout = kubectl("rollout status deployment/web --timeout=90s").finally(() => rolled.abort());
      while (!rolled.signal.aborted) expect(["one", "two"]).toContain(await ask("web"));
      await rollout;
      await eventually("only the new one answers", async () => (await ask("web")) === "two");
      expect(await kubectl("rollout history deployment/web")).toMatch(/^1 .*\n2 /m);
      expect(await kubectl("get endpointslices -l kubernetes.io/service-name=web -o name")).toMatch(/web-/);
    });

    test("brings Jobs to their end, with their logs", async () => {
      const job = (name: string, line: string, spec: object = {}) => ({
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name },
        spec: {
          ...spec,
          template: template(name, folder, { restartPolicy: "Never", containers: [js(line)] }),
        },
      });
      await apply(
        job("sum", "console.log(6 * 7)", { completions: 2, parallelism: 2 }),
        job("hopeless", `console.error("no"); process.exit(9)`, { backoffLimit: 0 }),
      );
      await kubectl("wait --for=condition=complete job/sum --timeout=90s");
      await kubectl("wait --for=condition=failed job/hopeless --timeout=90s");
      expect(await kubectl("logs job/sum")).toBe("42\n");
      expect(await kubectl("logs job/hopeless")).toBe("no\n");
      const { items } = await get("pods -l job-name=hopeless");
      expect(items[0].status.containerStatuses[0].state.terminated.exitCode).toBe(9);
    });

    test("acts on probes, says so in events, and shows the log before the restart", async () => {
      const ill = join(folder, "ill");
      const ready = join(folder, "ready");
      const program = `const there = (f) => require("node:fs").existsSync(f); console.log("began " + (there(${JSON.stringify(ill)}) ? "again" : "first"));
        ${listen(`r.statusCode = q.url === "/alive" ? (there(${JSON.stringify(ill)}) && !globalThis.again ? 500 : 200) : there(${JSON.stringify(ready)}) ? 200 : 503; r.end()`)}
        globalThis.again = there(${JSON.stringify(ill)});`;
      await apply(
        pod(
          "patient",
          template("patient", folder, {
            containers: [
              js(program, {
                ports,
                // A second after its start, when it is first asked whether it lives, it may not listen yet.
                startupProbe: { ...probe("/alive"), failureThreshold: 100 },
                livenessProbe: probe("/alive"),
                readinessProbe: probe("/ready"),
              }),
            ],
          }),
        ),
      );
      const events = () => kubectl("events --for pod/patient");
      await eventually("it is not ready, and says why", async () =>
        (await events()).includes("Readiness probe failed: HTTP probe failed with statuscode: 503"),
      );
      expect((await get("pod patient")).status.containerStatuses[0].ready).toBe(false);
      writeFileSync(ready, "");
      await kubectl("wait --for=condition=Ready pod/patient --timeout=90s");
      writeFileSync(ill, "");
      await kubectl(
        "wait --for=jsonpath={.status.containerStatuses[0].restartCount}=1 pod/patient --timeout=90s",
      );
      await kubectl("wait --for=condition=Ready pod/patient --timeout=90s");
      expect(await kubectl("logs patient")).toBe("began again\n");
      expect(await kubectl("logs patient --previous")).toBe("began first\n");
      expect(await events()).toMatch(/Killing .*failed liveness probe, will be restarted/);
    });

    test("serves logs with all that may be asked of them", async () => {
      const go = join(folder, "go");
      const program = `for (let i = 1; i <= 5; i++) console.log("line " + i);
        const wait = setInterval(() => { if (require("node:fs").existsSync(${JSON.stringify(go)})) { console.log("last"); clearInterval(wait); } }, 50);`;
      await apply(
        pod("talker", template("talker", folder, { restartPolicy: "Never", containers: [js(program)] })),
      );
      await eventually("its lines", async () => (await kubectl("logs talker")).includes("line 5"));
      expect(await kubectl("logs talker --tail=2")).toBe("line 4\nline 5\n");
      expect(await kubectl("logs talker --limit-bytes=8")).toBe("line 1\nl");
      expect(await kubectl("logs talker --since=1h --tail=1")).toBe("line 5\n");
      expect(await kubectl("logs talker --since-time=2100-01-01T00:00:00Z")).toBe("");
      expect(await kubectl("logs talker --timestamps --tail=1")).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z line 5\n$/,
      );
      await expect(kubectl("logs talker --previous")).rejects.toThrow(
        'previous terminated container "main" in pod "talker" not found',
      );
      const following = kubectl("logs talker --follow");
      writeFileSync(go, "");
      expect(await following).toBe("line 1\nline 2\nline 3\nline 4\nline 5\nlast\n");
      await kubectl("wait --for=jsonpath={.status.phase}=Succeeded pod/talker --timeout=90s");
    });

    test("runs a command beside a program, over websocket as kubectl asks", async () => {
      await apply(pod("host", template("host", folder, { containers: [js(stay)] })));
      await kubectl("wait --for=condition=Ready pod/host --timeout=90s");
      expect(await kubectl(["exec", "host", "--", "sh", "-c", "echo $HOSTNAME"])).toBe("host\n");
      await expect(kubectl(["exec", "host", "--", "sh", "-c", "exit 3"])).rejects.toThrow(
        "command terminated with exit code 3",
      );
    });

    test("lets a program in a pod speak to the API server as its account", async () => {
      const client = toolPath("kubectl");
      const words = [client, "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}"];
      const container = js("", { command: words, env: [{ name: "HOME", value: folder }] });
      await apply(pod("asks", template("asks", folder, { restartPolicy: "Never", containers: [container] })));
      await kubectl("wait --for=jsonpath={.status.phase}=Succeeded pod/asks --timeout=90s");
      expect(await kubectl("logs asks")).toContain("system:serviceaccount:default:default");
    });

    test("gives each pod of a StatefulSet its name and a claim that outlives it", async () => {
      const program = `const fs = require("node:fs"), file = process.argv[1] + "/who";
        if (!fs.existsSync(file)) fs.writeFileSync(file, process.env.HOSTNAME + " " + process.pid);
        console.log(fs.readFileSync(file, "utf8")); ${stay}`;
      await apply({
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: { name: "ring" },
        spec: {
          serviceName: "ring",
          replicas: 2,
          selector: { matchLabels: { app: "ring" } },
          persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Retain" },
          volumeClaimTemplates: [
            {
              metadata: { name: "data" },
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
            },
          ],
          template: template("ring", folder, {
            containers: [
              js(program, { args: ["/data"], volumeMounts: [{ name: "data", mountPath: "/data" }] }),
            ],
          }),
        },
      });
      await kubectl("rollout status statefulset/ring --timeout=90s");
      const first = await eventually("its word", async () => (await kubectl("logs ring-1")) || undefined);
      expect(first).toMatch(/^ring-1 \d+\n$/);
      await kubectl("delete pod ring-1 --wait --timeout=90s");
      await kubectl("rollout status statefulset/ring --timeout=90s");
      await eventually("the same content", async () => (await kubectl("logs ring-1")) === first);
      const { items } = await get("pv");
      const paths = items.map(({ spec }: Obj) => spec.hostPath.path as string);
      expect(paths).toHaveLength(2);
      await kubectl("delete statefulset ring --wait --timeout=90s");
      await eventually(
        "volumes and folders go with the claims",
        async () => (await get("pv")).items.length === 0 && paths.every((path: string) => !existsSync(path)),
      );
    });

    test("is drained as a machine of a cluster is", async () => {
      const guarded = deployment(
        "guarded",
        template("guarded", folder, { containers: [js(listen("r.end()"), { ports })] }),
      );
      await apply(guarded);
      await kubectl("rollout status deployment/guarded --timeout=90s");
      const drain =
        "drain sandbox --force --ignore-daemonsets --delete-emptydir-data --pod-selector app=guarded";
      expect(await kubectl(`${drain} --timeout=90s`)).toContain("evicted");
      expect((await get("node sandbox")).spec.unschedulable).toBe(true);
      await eventually(
        "its successor waits",
        async () =>
          (await kubectl("get pods -l app=guarded -o jsonpath={.items[*].status.phase}")) === "Pending",
      );
      await kubectl("uncordon sandbox");
      await kubectl("rollout status deployment/guarded --timeout=90s");
    });
  },
);
