import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePorts } from "../cluster/freePorts.ts";
import { ask, DevRun, processesBelow } from "./DevRun.ts";

const curator = "curator.epidemiology.localhost";

const isOpen = async (port: number): Promise<boolean> =>
  await new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      done(true);
    });
    socket.once("error", () => done(false));
  });

/** Asks without a pause until stopped; tells every answer that was not 200. */
function askOnAndOn(
  port: number,
  path: string,
): { stop: () => Promise<{ asked: number; failed: string[] }> } {
  const over = new AbortController();
  let asked = 0;
  const failed: string[] = [];
  const asking = (async () => {
    while (!over.signal.aborted) {
      asked += 1;
      try {
        const { status, body } = await ask(port, curator, path);
        if (status !== 200) failed.push(`${status} ${body.slice(0, 200)}`);
      } catch (error) {
        failed.push(String(error));
      }
      await sleep(5);
    }
  })();
  return {
    async stop() {
      over.abort();
      await asking;
      return { asked, failed };
    },
  };
}

describe.skipIf(process.platform !== "linux")("moorage dev on the example", { timeout: 120_000 }, () => {
  let run: DevRun;
  let port: number;
  beforeAll(async () => {
    const folder = DevRun.copyOf("epidemiology");
    // A port of its own: that of the name may be taken by another run of the example, just while this one is stopped.
    mkdirSync(join(folder, ".moorage"), { mode: 0o700 });
    writeFileSync(join(folder, ".moorage", "door-port"), String((await freePorts(1))[0]));
    run = DevRun.start(folder);
    port = await run.port();
  });
  afterAll(async () => await run.clean());

  it("answers on the address that it prints, page and data", async () => {
    const page = await ask(port, curator, "/", { accept: "text/html" });
    expect(page.status).toBe(200);
    expect(page.body).toContain("<title>Line list</title>");
    const list = JSON.parse((await ask(port, curator, "/api/cases?limit=1")).body) as { total: number };
    expect(list.total).toBe(20_000);
  });

  it("keeps its state to itself", () => {
    expect(statSync(join(run.folder, ".moorage")).mode & 0o777).toBe(0o700);
    expect(statSync(join(run.folder, ".moorage", "kubeconfig")).mode & 0o077).toBe(0);
  });

  it("redeploys just the program that changed, without a failed request", async () => {
    const before = run.printed.length;
    const requests = askOnAndOn(port, "/settings");
    const file = join(run.folder, "curator", "server.ts");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(
        "JSON.stringify({ title })",
        "JSON.stringify({ title, edition: 2 })",
      ),
    );
    await run.prints(/Redeployed/, before);
    const { asked, failed } = await requests.stop();
    expect(failed).toEqual([]);
    expect(asked).toBeGreaterThan(5);
    expect((await ask(port, curator, "/settings")).body).toContain('"edition":2');
    const printed = run.printed.slice(before);
    expect(printed).toContain("updated Deployment curator-dev");
    expect(printed).not.toContain("Deployment data-dev");
  });

  it("redeploys what changed in the platform file, without a failed request to a service behind it", async () => {
    const before = run.printed.length;
    const requests = askOnAndOn(port, "/api/cases?limit=1");
    const file = join(run.folder, "moorage.config.ts");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace(
        'probes: { readiness: { http: "/healthz", every: "1s" } },\n      // SQLite',
        'annotations: { edition: "2" },\n      probes: { readiness: { http: "/healthz", every: "1s" } },\n      // SQLite',
      ),
    );
    await run.prints(/Redeployed/, before);
    const { failed } = await requests.stop();
    expect(failed).toEqual([]);
    expect(run.printed.slice(before)).toContain("updated Deployment data-dev");
  });

  it("tells what is wrong with a changed platform file, keeps running, and goes on when it is mended", async () => {
    const file = join(run.folder, "moorage.config.ts");
    const good = readFileSync(file, "utf8");
    let before = run.printed.length;
    writeFileSync(file, good.replace("replicas:", "replcas:"));
    await run.prints(/replcas/, before);
    expect((await ask(port, curator, "/settings")).status).toBe(200);
    before = run.printed.length;
    writeFileSync(file, good);
    await run.prints(/nothing to deploy|Redeployed/, before);
  });

  it("shows why a program crashes, with its last lines, and recovers", async () => {
    const file = join(run.folder, "curator", "server.ts");
    const good = readFileSync(file, "utf8");
    let before = run.printed.length;
    writeFileSync(file, `throw new Error("the tide is out");\n`);
    await run.prints(/the tide is out/, before);
    // The old one serves on.
    expect((await ask(port, curator, "/settings")).status).toBe(200);
    before = run.printed.length;
    writeFileSync(file, good);
    await run.prints(/Redeployed/, before);
    expect((await ask(port, curator, "/settings")).status).toBe(200);
  });

  it("stops everything on Ctrl-C, and finds its data at the next start", async () => {
    const one = JSON.parse((await ask(port, curator, "/api/cases/7")).body) as { revision: number };
    const edited = await fetch(`http://127.0.0.1:${port}/api/cases/7`, {
      method: "PATCH",
      headers: { host: `${curator}:${port}`, "content-type": "application/json" },
      body: JSON.stringify({ revision: one.revision, notes: "seen again" }),
    }).catch(() => undefined);
    // fetch sets its own Host; the front door then knows no such host, and says so.
    expect(edited?.status).toBe(404);

    expect(await run.interrupt()).toBe(130);
    expect(processesBelow(run.folder)).toEqual([]);
    expect(await isOpen(port)).toBe(false);
    expect(existsSync(join(run.folder, ".moorage", "sandbox.json"))).toBe(false);

    const again = DevRun.start(run.folder);
    try {
      expect(await again.port()).toBe(port);
      const list = JSON.parse((await ask(port, curator, "/api/cases?limit=1")).body) as { total: number };
      expect(list.total).toBe(20_000);
    } finally {
      await again.interrupt();
    }
    expect(processesBelow(run.folder)).toEqual([]);
  });

  it("goes on when nobody reads what it prints, and Ctrl-C stops everything all the same", async () => {
    const unread = DevRun.start(run.folder);
    unread.child.stdout?.destroy();
    unread.child.stderr?.destroy();
    const answers = async (): Promise<number> =>
      await ask(port, curator, "/api/cases?limit=1").then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(answers, { timeout: 60_000 }).toBe(200);
    expect(await unread.interrupt()).toBe(130);
    expect(processesBelow(run.folder)).toEqual([]);
  });
});
