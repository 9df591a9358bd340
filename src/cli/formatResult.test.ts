import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import type { ComponentResult, DeployResult } from "../deploy/index.ts";
import { formatResult, slowText } from "./formatResult.ts";

const component = (
  name: string,
  milliseconds: number,
  waits: ComponentResult["waits"] = [],
): ComponentResult => ({
  component: name,
  changed: 1,
  milliseconds,
  begunAfter: 0,
  waits,
});
const result = (more: Partial<DeployResult> = {}): DeployResult => ({
  status: "deployed",
  revision: 4,
  summary: { create: 0, update: 0, replace: 0, delete: 0, none: 0 },
  changes: [],
  components: [],
  waves: [],
  urls: [],
  failures: [],
  milliseconds: 900,
  ...more,
});
const show = (one: DeployResult, width = 80, notes: string[] = []): string =>
  formatResult(one, { environment: "prod", width, colors: createColors(false), notes }).join("\n");

const busy = result({
  milliseconds: 40_000,
  changes: [
    { object: "Deployment web", action: "update" },
    { object: "Job migrate-1", action: "create" },
    { object: "Service web", action: "create" },
    { object: "StatefulSet db", action: "replace" },
    ...Array.from({ length: 20 }, (_, index) => ({
      object: `ConfigMap old-${index}`,
      action: "delete" as const,
    })),
  ],
  components: [
    component("db", 12_000, [{ phase: "starting", milliseconds: 11_500 }]),
    component("web", 28_000, [
      { phase: "readiness", milliseconds: 18_000 },
      { phase: "starting", milliseconds: 9_000 },
      { phase: "rollout", milliseconds: 1_000 },
    ]),
    component("cache", 3_000),
  ],
  waves: [
    { components: ["cache", "db"], milliseconds: 12_000 },
    { components: ["web"], milliseconds: 28_000 },
  ],
  urls: [
    { component: "web", url: "https://tides.example.org/" },
    { component: "web", url: "https://tides.example.org/" },
  ],
});

describe("After a deploy", () => {
  it("says what changed, how long each wave took, what was slow and why, and where it is reached", () => {
    expect(show(busy, 80, ["This account may not read Event objects."])).toMatchInlineSnapshot(`
      "✓ prod is deployed: revision 4, 24 objects changed, in 40.0 s
        created   Job migrate-1, Service web
        changed   Deployment web
        replaced  StatefulSet db
        deleted   ConfigMap old-0, ConfigMap old-1, ConfigMap old-2, ConfigMap old-3,
                  ConfigMap old-4, ConfigMap old-5, ConfigMap old-6, ConfigMap old-7,
                  ConfigMap old-8, ConfigMap old-9, ConfigMap old-10,
                  ConfigMap old-11, and 8 more
        wave 1    12.0 s  cache, db
        wave 2    28.0 s  web
        slow      web 28.0 s: 18.0 s until its readiness probe passed, 9.0 s to pull
                  images and start pods
        slow      db 12.0 s to pull images and start pods
        ! This account may not read Event objects.
        https://tides.example.org/"
    `);
  });
  it("no name is broken, however narrow it is", () => {
    const narrow = show(busy, 50);
    for (const line of narrow.split("\n")) expect(line.length).toBeLessThanOrEqual(50);
    expect(narrow).toMatch(/ConfigMap old-5,$/m);
  });
  it("one wave needs no line of its own", () => {
    const one = result({
      changes: [{ object: "ConfigMap a", action: "update" }],
      waves: [{ components: ["a"], milliseconds: 10 }],
    });
    expect(show(one)).toBe(
      "✓ prod is deployed: revision 4, 1 object changed, in 0.9 s\n  changed   ConfigMap a",
    );
  });
  it.each([
    [component("web", 9_000), "web 9.0 s"],
    [component("web", 9_000, [{ phase: "job", milliseconds: 8_900 }]), "web 9.0 s for the job itself"],
    [
      component("web", 20_000, [
        { phase: "image", milliseconds: 12_000 },
        { phase: "readiness", milliseconds: 7_000 },
        { phase: "rollout", milliseconds: 1_000 },
      ]),
      "web 20.0 s: 12.0 s until its image could be pulled, 7.0 s until its readiness probe passed",
    ],
  ])("what was slow has its reasons (%#)", (one, text) => expect(slowText(one)).toBe(text));
});
