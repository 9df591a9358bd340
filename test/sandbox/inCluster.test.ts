import { createRequire } from "node:module";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { TokenMounts } from "../../src/sandbox/node/process/TokenMounts.ts";
import { startSandbox } from "../../src/sandbox/startSandbox.ts";
import { runTool } from "../tools/kubectl.ts";
import { eventually, js, pod, template } from "./TestSandbox.ts";

const library = pathToFileURL(createRequire(import.meta.url).resolve("@kubernetes/client-node")).href;

/** What a program in a pod does with the client that its language has: nothing is said to it. */
const program = `
  import(${JSON.stringify(library)}).then(async ({ KubeConfig, CoreV1Api }) => {
    const config = new KubeConfig();
    config.loadFromDefault();
    const api = config.makeApiClient(CoreV1Api);
    const namespace = config.getContextObject(config.getCurrentContext()).namespace;
    const { items } = await api.listNamespacedPod({ namespace });
    console.log("pods of " + namespace + ": " + items.map(({ metadata }) => metadata.name));
    await api.listNamespacedSecret({ namespace }).catch(({ code }) => console.log("secrets: " + code));
    console.log("token at its path: " + require("node:fs").existsSync(["/var", "run", "secrets", "kubernetes.io", "serviceaccount", "token"].join("/")));
  });`;

/** Not every machine lets everybody mount. */
const trial = mkdtempSync(join(tmpdir(), "moorage-mounts-"));
const mounts = new TokenMounts({ path: process.env["PATH"], stateDir: trial });
const works = (await mounts.enter(trial, join(trial, "run"))) !== undefined;
rmSync(trial, { recursive: true });

it.each([
  ["at the path where it looks", process.env["PATH"], works],
  ["by a kubeconfig, where this machine can't show it there", "/nowhere", false],
])(
  "lets a program in a pod use its own API server, with its account's rights: its token is found %s",
  async (_where, path, mounted) => {
    const folder = mkdtempSync(join(tmpdir(), "moorage-sandbox-"));
    const sandbox = await startSandbox({
      stateDir: join(folder, ".moorage"),
      platform: "lab",
      environment: { PATH: path, HOME: folder },
    });
    const kubectl = async (args: string | readonly string[], input?: object): Promise<string> => {
      const { code, stdout, stderr } = await runTool(
        "kubectl",
        typeof args === "string" ? args.split(" ") : args,
        {
          kubeconfig: sandbox.kubeconfig,
          home: folder,
          ...(input === undefined ? {} : { input: JSON.stringify(input) }),
        },
      );
      if (code !== 0) throw new Error(stderr);
      return stdout;
    };
    try {
      await kubectl("create namespace inner");
      await kubectl("create role reader --verb=list --resource=pods -n inner");
      await kubectl("create rolebinding reader --role=reader --serviceaccount=inner:default -n inner");
      const inner = template("inner", folder, { restartPolicy: "Never", containers: [js(program)] });
      await kubectl("apply -n inner -f -", pod("asks", inner));
      const text = await eventually("its last word", async () => {
        const log = await kubectl("logs asks -n inner");
        return log.includes("token at") ? log : undefined;
      });
      const stays = template("inner", folder, { containers: [js("setInterval(() => {}, 1000)")] });
      await kubectl("apply -n inner -f -", pod("stays", stays));
      await kubectl("wait -n inner --for=condition=Ready pod/stays --timeout=90s");
      // Of parts, so that nothing of it is replaced by the folder where the token really is.
      const line = `require("node:fs").existsSync(process.argv[1] + "/secrets/kubernetes.io/serviceaccount/token")`;
      const look = [process.execPath, "-p", line, "/var/run"];
      const shown = await kubectl(["exec", "-n", "inner", "stays", "--", ...look]);
      expect(shown).toBe(`${mounted}\n`);
      expect(text).toBe(`pods of inner: asks\nsecrets: 403\ntoken at its path: ${mounted}\n`);
    } finally {
      await sandbox.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
