import { describe, expect, it } from "vitest";
import type { DeployEvent, Plan } from "../deploy/index.ts";
import { DeployProgress } from "./DeployProgress.ts";
import { Output } from "./Output.ts";

/** A deploy that is told to a terminal or to a pipe, with time that is driven. */
function told(options: { columns?: number; rows?: number; live?: boolean; components?: string[] } = {}) {
  let printed = "";
  let drawn = "";
  let time = 0;
  const stream = {
    write: (text: string) => (printed += text),
    isTTY: options.live === true,
    columns: options.columns ?? 80,
    rows: options.rows ?? 24,
  };
  const output = new Output({ stdout: stream, stderr: stream, environment: { NO_COLOR: "1" } });
  const redraw = Object.assign((text: string) => void (drawn = text), { done() {}, clear() {} });
  const objects = (options.components ?? []).map((component) => ({ component, action: "update" }));
  const progress = new DeployProgress(output, {
    now: () => time,
    ...(options.live === true ? { redraw } : {}),
    plan: { objects } as unknown as Plan,
  });
  return {
    progress,
    /** Seconds pass, a tick at each. */
    pass(seconds: number): void {
      for (let second = 0; second < seconds; second += 1) {
        time += 1000;
        progress.tick();
      }
    },
    events(...events: DeployEvent[]): void {
      for (const event of events) progress.onEvent(event);
    },
    drawn: () => drawn,
    printed: () => printed,
  };
}

const waiting = (component: string, message: string): DeployEvent => ({
  type: "component-waiting",
  component,
  message,
});
const ready = (component: string, milliseconds = 1000): DeployEvent => ({
  type: "component-ready",
  component,
  milliseconds,
});
const applied = (component: string, object: string): DeployEvent => ({
  type: "applied",
  component,
  object,
  action: "update",
});
const failed = (component: string): DeployEvent => ({
  type: "component-failed",
  component,
  failure: {
    object: "Deployment x",
    reason: "ErrImagePull",
    message: "no such image\nmore",
    events: [],
    log: [],
  },
});

describe("In plain lines", () => {
  it("what passes by is not told, and what lasts is told once", () => {
    const run = told();
    run.events(applied("web", "Deployment web"), waiting("web", "0 of 1 available"));
    run.pass(1);
    run.events(waiting("web", "its pod is starting"));
    run.pass(1);
    run.events(waiting("web", "its pod runs"));
    run.pass(60);
    run.events(ready("web", 62_000));
    expect(run.printed()).toBe("  updated Deployment web\n… web: its pod runs\n✓ web  ready in 1 min 2 s\n");
  });

  it("what changes again and again is told every ten seconds at most", () => {
    const run = told();
    for (let round = 0; round < 10; round += 1) {
      run.events(waiting("web", `${round} of 10 available`));
      run.pass(3);
    }
    expect(run.printed().match(/…/gu)?.length).toBe(3);
  });

  it("who waits for whom is not told, but at the end what was not begun", () => {
    const run = told({ components: ["cache"] });
    run.events(
      { type: "component-pending", component: "web", after: ["db"] },
      waiting("db", "starting"),
      ready("cache"),
      failed("db"),
    );
    run.progress.fail();
    expect(run.printed()).toBe(
      "✓ cache  ready in 1.0 s\n✗ db  ErrImagePull: no such image\nready: cache; failed: db; not begun: web\n",
    );
  });
});

describe("A rollback on failure", () => {
  it("says what failed, and begins anew", () => {
    const run = told({ live: true, components: ["db", "web"] });
    run.events(waiting("web", "starting"), failed("web"), { type: "rolling-back", to: 3 });
    run.events(applied("web", "Deployment web"), ready("web"));
    run.pass(1);
    expect(run.printed()).toBe("✗ web  ErrImagePull: no such image\n! going back to revision 3\n");
    expect(run.drawn()).toBe("✓ web   1.0 s  ready");
  });

  it("says so once in plain lines", () => {
    const run = told({ live: false, components: ["db", "web"] });
    run.events(waiting("web", "starting"), failed("web"), { type: "rolling-back", to: 3 });
    expect(run.printed()).toBe("✗ web  ErrImagePull: no such image\n! going back to revision 3\n");
  });
});

describe("On a terminal", () => {
  const run = (columns: number): string => {
    const one = told({
      live: true,
      columns,
      components: ["db", "migrate", "web", "a-component-with-a-long-name"],
    });
    one.events(
      { type: "component-pending", component: "web", after: ["db", "migrate"] },
      waiting("migrate", "the job runs"),
      ready("db", 72_000),
      failed("a-component-with-a-long-name"),
    );
    one.pass(12);
    one.events(
      waiting("migrate", "0 of 1 replicas available; its pod runs; its readiness probe has not passed"),
    );
    one.pass(1);
    one.progress.stop();
    return one.drawn();
  };
  it("each component has a line, in the order of the file, with its time and what it waits for", () => {
    expect(run(80)).toMatchInlineSnapshot(`
      "✓ db                          1:12  ready
      … migrate                   13.0 s  0 of 1 available; readiness probe has not …
      · web                               waits for db, migrate
      ✗ a-component-with-a-long…          ErrImagePull: no such image"
    `);
  });
  it("no line is wider than the terminal", () => {
    for (const columns of [40, 60, 80, 120])
      for (const line of run(columns).split("\n")) expect(line.length).toBeLessThan(columns);
  });
  it("what is not ready stays when there is no room for all", () => {
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    const one = told({ live: true, rows: 10, components: names });
    one.events(
      ...names.slice(0, 35).map((name) => ready(name)),
      ...names.slice(35).map((name) => waiting(name, "starting")),
    );
    one.pass(1);
    const lines = one.drawn().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines.slice(0, 5).every((line) => line.includes("starting"))).toBe(true);
    expect(lines[5]).toBe("  35 ready");
  });
});
