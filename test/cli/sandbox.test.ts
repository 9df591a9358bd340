import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/contract/index.ts";
import { stateOf } from "../../src/deploy/Environment.ts";
import { openKubeClient } from "../../src/kube/index.ts";
import type { Prompt } from "../../src/cli/Prompt.ts";
import { CliFolder, type CliProcess } from "./CliFolder.ts";

const canary = "canary-7f3e91-never-shown";
const secondCanary = "second-canary-b2d4-never-shown";

/** The platform that `moorage init --template data` writes, with a secret, and what a test changes. */
function platformText(
  from: string,
  change: { greeting?: string; migrate?: string; web?: string } = {},
): string {
  return from
    .replace("import { job,", "import { job, secret,")
    .replace(
      "  environments: {",
      '  secrets: { db: { from: "dotenv", keys: ["PASSWORD"] } },\n  environments: {',
    )
    .replace('command: ["node", "migrate.js"]', `command: ["node", "${change.migrate ?? "migrate.js"}"]`)
    .replace(
      '      command: ["node", "server.js"],',
      `      command: ["node", "${change.web ?? "server.js"}"],
      env: { ...app.env, GREETING: "${change.greeting ?? "hello"}", DB: \`postgresql://app:\${secret("db").PASSWORD}@db/tides\` },`,
    );
}

/** Answers every question the same way, and remembers them. */
function answering(yes: boolean): { prompt: Prompt; asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    prompt: {
      interactive: true,
      confirm: async (question) => (asked.push(question), yes),
      input: async () => "",
      select: async (_question, choices) => choices[0]!.value,
    },
  };
}

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string };
}

// One story: each test goes on from where the one before it left the environment.
describe.skipIf(process.platform === "win32")(
  "the commands against a running sandbox",
  { timeout: 180_000 },
  () => {
    const folder = new CliFolder();
    let sandbox: CliProcess;
    let template: string;
    const change = (what: Parameters<typeof platformText>[1]): string =>
      folder.write("moorage.config.ts", platformText(template, what));
    const moorage = async (...argv: string[]) => await folder.run(argv);
    const revisions = async (): Promise<number[]> => {
      const { stdout } = await moorage("history", "dev", "-o", "json");
      return (JSON.parse(stdout) as { number: number }[]).map((each) => each.number);
    };
    const lockHolder = async (): Promise<string | undefined> => {
      const { client } = openKubeClient({
        env: folder.environment,
        home: folder.path,
        kubeconfig: join(folder.path, ".moorage", "kubeconfig"),
      });
      try {
        const name = stateOf({ platform: "tides", environment: "dev", namespace: "tides" });
        const lease = await client.find<Lease>({
          apiVersion: "coordination.k8s.io/v1",
          kind: "Lease",
          name,
          namespace: "tides",
        });
        return lease?.spec.holderIdentity || undefined;
      } finally {
        await client.close();
      }
    };

    beforeAll(async () => {
      await moorage("init", "--name", "tides", "--template", "data", "--yes");
      template = folder.read("moorage.config.ts");
      folder.write(".env", `PASSWORD=${canary}\n`);
      folder.write("app/forever.js", "setInterval(() => {}, 1000);\nconsole.log('waiting');\n");
      folder.write(
        "app/broken.js",
        "console.log(`the password is ${process.env.DB}`);\nconsole.error('no database here');\nprocess.exit(3);\n",
      );
      change({});
      sandbox = folder.start(["sandbox"]);
      await sandbox.prints(/The sandbox is ready/);
    });
    afterAll(async () => {
      await sandbox.interrupt();
      folder.remove();
    });

    it("says that nothing was deployed yet, and fails at nothing", async () => {
      expect(await moorage("history", "dev")).toMatchObject({
        code: 0,
        stdout: "dev has not been deployed yet.\n",
      });
      const status = await moorage("status", "dev");
      expect(status.code).toBe(1);
      expect(status.stdout).toContain("No deploy is on record there.");
      expect(status.stdout).toMatch(/· web +not deployed\n/);
    });

    it("plans everything as new, and exits with 3 when asked to", async () => {
      const plan = await moorage("plan", "dev", "--exit-code");
      expect(plan.code).toBe(3);
      expect(plan.stdout).toContain("Deployment web");
      expect((await moorage("plan", "dev")).code).toBe(0);
      const json = await moorage("plan", "dev", "-o", "json");
      expect(JSON.parse(json.stdout)).toMatchObject({ environment: "dev" });
    });

    it("exits with 2 and names --yes when there is nobody to ask", async () => {
      const { code, stderr } = await moorage("deploy", "dev");
      expect(code).toBe(2);
      expect(stderr).toContain("--yes");
      expect(await revisions()).toEqual([]);
    });

    it("exits with 4 and changes nothing when the answer is no", async () => {
      const { prompt, asked } = answering(false);
      const { code, stderr } = await folder.run(["deploy", "dev"], { prompt });
      expect(code).toBe(4);
      expect(asked).toEqual(["Deploy dev to the sandbox?"]);
      expect(stderr).toContain("Nothing was changed.");
      expect(await revisions()).toEqual([]);
    });

    it("deploys, in plain lines when nobody looks", async () => {
      const { code, stdout, stderr } = await moorage("deploy", "dev", "--yes");
      expect(stderr).toContain("web  ready in");
      // oxlint-disable-next-line no-control-regex -- what redraws and colours begins with ESC
      expect(stdout + stderr).not.toMatch(/\u001b/);
      expect(stdout).toMatch(/dev is deployed: revision 1, \d+ objects changed/);
      expect(code).toBe(0);
    });

    it("has nothing to do the second time, and records nothing", async () => {
      const again = await moorage("deploy", "dev", "--yes");
      expect(again.code).toBe(0);
      expect(await revisions()).toEqual([1]);
      expect((await moorage("plan", "dev", "--exit-code")).code).toBe(0);
      const json = await moorage("deploy", "dev", "--yes", "-o", "json");
      expect(JSON.parse(json.stdout)).toEqual({ plan: "nothing to do", revision: 1 });
    });

    it("shows how things are, as text and as data", async () => {
      const text = await moorage("status", "dev");
      expect(text.code).toBe(0);
      expect(text.stdout).toMatch(/^✓ web +ready +1\/1 /m);
      const { stdout } = await moorage("status", "dev", "-o", "json");
      const { components, revision } = JSON.parse(stdout) as {
        components: { name: string; health: string }[];
        revision: { number: number; who: string };
      };
      expect(components.find(({ name }) => name === "web")?.health).toBe("ready");
      expect(revision).toMatchObject({ number: 1, who: expect.stringMatching(/^ada@/) as unknown });
    });

    it("shows logs, and follows them until Ctrl-C", async () => {
      const { code, stdout } = await moorage("logs", "dev", "web");
      expect(code).toBe(0);
      expect(stdout).toContain("listening");
      const following = folder.start(["logs", "dev", "--follow"]);
      await following.prints(/the database is ready/);
      await following.prints(/listening/);
      const ended = await following.interrupt();
      expect(ended.stderr).toBe("");
      expect(ended.code).toBe(130);
    });

    it("names the components that there are when a wrong one is named", async () => {
      for (const argv of [
        ["logs", "dev", "wbe"],
        ["restart", "dev", "wbe"],
        ["plan", "dev", "--only", "wbe"],
      ]) {
        const { code, stderr } = await moorage(...argv);
        expect(code).toBe(2);
        expect(stderr).toContain("web");
      }
    });

    it("carries out a saved plan as it was approved, without asking", async () => {
      change({ greeting: "good day" });
      const saved = await moorage("plan", "dev", "--save", "dev.plan");
      expect(saved.stderr).toContain("moorage deploy dev --plan dev.plan");
      expect(statSync(join(folder.path, "dev.plan")).mode & 0o777).toBe(0o600);
      const { code, stdout } = await moorage("deploy", "dev", "--plan", "dev.plan");
      expect(code).toBe(0);
      expect(stdout).toContain("revision 2, 1 object changed");
    });

    it("refuses a saved plan that does not hold any more, and names what moved", async () => {
      change({ greeting: "good evening" });
      const { code, stderr } = await moorage("deploy", "dev", "--plan", "dev.plan");
      expect(code).toBe(1);
      expect(stderr).toContain("Deployment web");
      expect(stderr).toContain("revision 2 is deployed, not 1");
      expect(await revisions()).toHaveLength(2);
      folder.write("other.plan", "{}");
      expect((await moorage("deploy", "dev", "--plan", "other.plan")).stderr).toContain("other.plan");
      expect((await moorage("deploy", "dev", "--plan", "nothing.plan")).code).toBe(2);
    });

    it("shows which field changes, deploys one component alone, and lists it", async () => {
      const plan = await moorage("plan", "dev", "--only", "web");
      expect(plan.stdout).toContain("good evening");
      const { code } = await moorage("deploy", "dev", "--only", "web", "--yes");
      expect(code).toBe(0);
      const { stdout } = await moorage("history", "dev");
      expect(stdout).toMatch(/^REVISION +WHEN \(UTC\) +WHO +WHAT$/m);
      expect(stdout).toMatch(/^3 .*ada@.*1 updated; only web$/m);
    });

    it("rolls the pods when a secret's value changes, and shows the key, never a value", async () => {
      folder.write(".env", `PASSWORD=${secondCanary}\n`);
      const plan = await moorage("plan", "dev");
      expect(plan.stdout).toContain("Secret");
      expect(plan.stdout).toContain("PASSWORD");
      expect((await moorage("deploy", "dev", "--yes")).stdout).toContain("2 objects changed");
    });

    it("restarts a component", async () => {
      const { code, stdout } = await moorage("restart", "dev", "web");
      expect(stdout).toBe("✓ web was restarted\n");
      expect(code).toBe(0);
    });

    it("rolls back, asking first, and forward again", async () => {
      expect((await moorage("rollback", "dev")).code).toBe(2);
      expect((await folder.run(["rollback", "dev"], { prompt: answering(false).prompt })).code).toBe(4);
      const back = await moorage("rollback", "dev", "1", "--yes");
      expect(back.code).toBe(0);
      expect(back.stdout).toContain("✓ dev is rolled back to revision 1: revision ");
      expect((await moorage("history", "dev")).stdout.split("\n")[1]).toContain("rollback to 1");
      expect((await moorage("plan", "dev", "--exit-code")).stdout).toContain("good evening");
      expect((await moorage("rollback", "dev", "99", "--yes")).stderr).toContain("99");
      expect((await moorage("rollback", "dev", "one", "--yes")).code).toBe(2);
      expect((await moorage("deploy", "dev", "--yes")).code).toBe(0);
    });

    it("says at once what can't become ready, with its last lines and without the secret in them", async () => {
      change({ greeting: "good evening", web: "broken.js" });
      const { code, stderr } = await moorage("deploy", "dev", "--yes");
      expect(code).toBe(1);
      expect(stderr).toContain("no database here");
      expect(stderr).toContain("moorage rollback dev");
      expect(stderr).not.toMatch(/\n {4}at /);
      expect(await lockHolder()).toBeUndefined();
      expect((await moorage("status", "dev")).stdout).toContain("Deploy again to finish it");
      // The old pod still serves, and the next deploy ends it.
      expect((await moorage("status", "dev")).stdout).toMatch(/web /);
      change({ greeting: "good evening" });
      expect((await moorage("deploy", "dev", "--yes")).code).toBe(0);
    });

    it("releases the lock at Ctrl-C, exits with 130, and the next deploy finishes", async () => {
      change({ greeting: "good night", migrate: "forever.js" });
      const deploying = folder.start(["deploy", "dev", "--yes"]);
      await deploying.prints(/migrate: the job runs/);
      expect(await lockHolder()).toMatch(/^ada@/);
      const { code, stderr } = await deploying.interrupt();
      expect(code).toBe(130);
      expect(stderr).toContain("Interrupted");
      expect(stderr).toContain("The lock is released");
      expect(await lockHolder()).toBeUndefined();
      change({ greeting: "good night" });
      expect((await moorage("deploy", "dev", "--yes")).code).toBe(0);
    });

    it("renders objects that hold no value of a secret", async () => {
      const { code, stdout } = await moorage("render", "dev");
      expect(code).toBe(0);
      expect(stdout).toContain("kind: Deployment");
      const list = JSON.parse((await moorage("render", "dev", "-o", "json")).stdout) as { items: unknown[] };
      expect(list.items.length).toBeGreaterThan(5);
    });

    it("prints how kubectl finds the sandbox", async () => {
      const { stdout } = await moorage("sandbox", "env");
      const line = `${stdout}printf %s "$KUBECONFIG"`;
      expect(execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" })).toBe(
        join(folder.path, ".moorage", "kubeconfig"),
      );
    });

    it("destroys what was deployed but the data, and with --volumes the data too", async () => {
      expect((await moorage("destroy", "dev")).code).toBe(2);
      const first = await moorage("destroy", "dev", "--yes");
      expect(first.code).toBe(0);
      expect(first.stdout).toContain("Deployment web");
      expect(first.stdout).not.toMatch(/^ *- .*PersistentVolumeClaim data/m);
      const volumes = join(folder.path, ".moorage", "volumes");
      expect(readdirSync(volumes)).not.toEqual([]);
      expect((await moorage("deploy", "dev", "--yes")).code).toBe(0);
      const second = await moorage("destroy", "dev", "--volumes", "--yes");
      expect(second.stdout).toContain("PersistentVolumeClaim data");
      expect(second.code).toBe(0);
      expect((await moorage("status", "dev")).stdout).toContain("tides dev is not deployed");
    });

    it("has shown no byte of a secret in any of this", () => {
      expect(folder.everything.length).toBeGreaterThan(10_000);
      for (const secret of [canary, secondCanary]) {
        for (const form of [secret, Buffer.from(secret).toString("base64")]) {
          expect(folder.everything).not.toContain(form);
          expect(folder.read("dev.plan")).not.toContain(form);
        }
      }
      expect(readFileSync(join(folder.path, ".env"), "utf8")).toContain(secondCanary);
    });
  },
);
