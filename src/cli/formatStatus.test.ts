import { createColors } from "picocolors";
import { describe, expect, it } from "vitest";
import type { ComponentStatus, EnvironmentStatus } from "../deploy/index.ts";
import { ageText, secondsText } from "./ageText.ts";
import { formatStatus } from "./formatStatus.ts";

const now = new Date("2026-01-01T12:00:00Z");
const show = (status: EnvironmentStatus, width = 80): string =>
  formatStatus(status, { place: "in the sandbox", width, now, colors: createColors(false) }).join("\n");

const component = (name: string, more: Partial<ComponentStatus> = {}): ComponentStatus => ({
  name,
  health: "ready",
  message: "",
  images: [],
  urls: [],
  ...more,
});
const revision = { number: 7, at: "2026-01-01T09:00:00Z", who: "ada@laptop", why: "only web", jobs: [] };
const status = (more: Partial<EnvironmentStatus> = {}): EnvironmentStatus => ({
  platform: "tides",
  environment: "prod",
  namespace: "tides",
  deployed: true,
  health: "ready",
  components: [],
  drift: [],
  driftFrom: "revision",
  pending: [],
  findings: [],
  revision,
  notes: [],
  ...more,
});

const healthy = status({
  components: [
    component("web", {
      since: "2026-01-01T09:01:00Z",
      replicas: { ready: 2, wanted: 2 },
      version: "1.4.0",
      images: [{ container: "web", image: "r.org/web:1.4.0", tag: "1.4.0", digest: "0123456789ab" }],
      urls: ["https://tides.example.org/"],
    }),
    component("migrate", {
      kind: "job",
      run: { state: "succeeded", at: "2026-01-01T09:00:30Z" },
      since: "2026-01-01T09:00:30Z",
    }),
    component("nightly", {
      kind: "schedule",
      run: { state: "succeeded", at: "2026-01-01T02:30:00Z", schedule: "30 2 * * *" },
      since: "2026-01-01T02:30:00Z",
    }),
  ],
});

const troubled = status({
  health: "failed",
  components: [
    component("web", {
      health: "failed",
      message: "CrashLoopBackOff: container web: it ended with exit code 1, 6 restarts",
      since: "2026-01-01T11:58:00Z",
      replicas: { ready: 0, wanted: 2 },
      version: "1.4.0",
      restarts: { count: 6, reason: "exit code 1", at: "2026-01-01T11:59:00Z", where: "web-7f-x2/web" },
    }),
    component("nightly", {
      health: "failed",
      message: "its last run failed",
      run: { state: "failed", at: "2026-01-01T02:30:00Z", schedule: "30 2 * * *" },
      since: "2026-01-01T02:30:00Z",
    }),
  ],
  findings: [
    { severity: "error", message: "Secret db has no key PASSWORD", component: "web" },
    { severity: "warning", message: "the certificate web-tls ends in 5 days, on 2026-01-06" },
  ],
  drift: [
    {
      object: "Deployment web",
      what: "changed",
      path: "spec.replicas",
      deployed: 1,
      now: 2,
      manager: "kubectl",
      at: "2026-01-01T11:00:00Z",
    },
    { object: "Secret db", what: "changed", path: "data.PASSWORD", secret: true, manager: "kubectl-edit" },
    { object: "ConfigMap settings", what: "missing" },
  ],
  pending: ["Deployment web"],
  notes: ["This account may not list Pod objects: what they say is not known."],
});

describe("A status on one screen", () => {
  it("takes one line for what is right", () => {
    expect(show(healthy)).toMatchInlineSnapshot(`
      "✓ tides prod is healthy
        in the sandbox, namespace tides
        revision 7, 3 h ago (2026-01-01 09:00 UTC), by ada@laptop: only web

        COMPONENT  STATE  READY  SINCE  VERSION
      ✓ web        ready  2/2    2 h    1.4.0 (0123456789ab)
          https://tides.example.org/
      ✓ migrate    done          2 h
      ✓ nightly    ready         9 h
          30 2 * * *; last run succeeded 9 h ago

      ✓ nobody has changed anything by hand since revision 7"
    `);
  });
  it("gives the reason of what is wrong, who changed what, what is missing, and the next step", () => {
    expect(show(troubled)).toMatchInlineSnapshot(`
      "✗ tides prod is not healthy
        in the sandbox, namespace tides
        revision 7, 3 h ago (2026-01-01 09:00 UTC), by ada@laptop: only web

        COMPONENT  STATE   READY  SINCE  VERSION
      ✗ web        failed  0/2    2 min  1.4.0
          CrashLoopBackOff: container web: it ended with exit code 1, 6 restarts
          6 restarts, the last 1 min ago: exit code 1
      ✗ nightly    failed         9 h
          30 2 * * *; last run failed 9 h ago

      ✗ web: Secret db has no key PASSWORD
      ! the certificate web-tls ends in 5 days, on 2026-01-06

      ! 3 changes by others in 3 objects:
        Deployment web
          spec.replicas: 1 -> 2 (kubectl, 1 h ago)
        Secret db
          data.PASSWORD: changed (value hidden) (kubectl-edit)
        ConfigMap settings is missing: it was deleted
        → See what a deploy would set back: moorage plan prod
      ! The platform file wants a change that is not deployed: Deployment web. See:
        moorage plan prod
      note: This account may not list Pod objects: what they say is not known."
    `);
  });
  it("gives up columns, not words, where it is narrow", () => {
    expect(show(healthy, 40)).toMatchInlineSnapshot(`
      "✓ tides prod is healthy
        in the sandbox, namespace tides
        revision 7, 3 h ago (2026-01-01 09:00
        UTC), by ada@laptop: only web

        COMPONENT  STATE  READY  SINCE
      ✓ web        ready  2/2    2 h
          1.4.0 (0123456789ab)
          https://tides.example.org/
      ✓ migrate    done          2 h
      ✓ nightly    ready         9 h
          30 2 * * *; last run succeeded 9 h
          ago

      ✓ nobody has changed anything by hand
        since revision 7"
    `);
  });

  it("never is wider than the terminal, but for addresses and names", () => {
    for (const width of [50, 60, 80, 120])
      for (const one of [healthy, troubled])
        for (const line of show(one, width).split("\n"))
          expect(line.length <= width || /^\s*\S+$/.test(line), `${width}: ${line}`).toBe(true);
  });

  it("takes one line for what nobody has deployed yet, and shows none of it as failed", () => {
    const absent = { deployed: false, health: "unknown", message: "not deployed yet" } as const;
    const fresh = {
      deployed: false,
      health: "unknown",
      pending: ["Deployment web is not deployed yet"],
    } as const;
    const { revision: _none, driftFrom: _nothing, ...rest } = status(fresh);
    const one = { ...rest, components: [component("web", absent), component("migrate", absent)] };
    expect(show(one)).toMatchInlineSnapshot(`
      "· tides prod is not deployed
        in the sandbox, namespace tides
        No deploy is on record there. Deploy it with: moorage deploy prod

        COMPONENT  STATE
      · web        not deployed
      · migrate    not deployed"
    `);
  });

  it.each([
    [
      "says that nothing was deployed, and how to",
      status({ deployed: false, health: "unknown" }),
      /is not deployed\n[^]*moorage deploy prod/,
    ],
    [
      "says who deploys now",
      status({ lock: { who: "bob@ci", since: "2026-01-01T11:58:00Z", renewed: "2026-01-01T11:59:58Z" } }),
      /bob@ci is deploying now, since 2 min$/m,
    ],
    [
      "says when the one who holds the lock is not heard of any more",
      status({ lock: { who: "bob@ci", since: "2026-01-01T11:30:00Z", renewed: "2026-01-01T11:40:00Z" } }),
      /bob@ci is deploying now, since 30 min; not heard of for 20 min: the next\s+deploy takes over/,
    ],
    [
      // A deploy was refused for the hours that the Lease claims, and the status promised that it takes over.
      "promises no taking over while the Lease lasts",
      status({ lock: { who: "bob@ci", renewed: "2026-01-01T11:40:00Z", leaseSeconds: 36_000 } }),
      /not heard of\s+for\s+20\s+min,\s+and\s+the\s+Lease\s+lasts\s+10\s+h\s+0\s+min:\s+until\s+then/,
    ],
    [
      "goes back to the last revision after a deploy that failed",
      status({
        unfinished: { status: "failed", at: "2026-01-01T11:50:00Z", who: "bob@ci", message: "web failed" },
      }),
      /The last deploy \(10 min ago, by bob@ci\) failed: web failed[^]*moorage rollback prod 7/,
    ],
    [
      "finishes what was being destroyed",
      status({ unfinished: { status: "destroying", at: "2026-01-01T11:50:00Z", who: "bob@ci" } }),
      /Destroying it \(10 min ago, by bob@ci\) has not come to its end[^]*moorage destroy prod; or/,
    ],
    [
      "says that it was destroyed, and what is left",
      status({
        deployed: false,
        health: "unknown",
        destroyed: { at: "2026-01-01T11:50:00Z", who: "bob@ci" },
      }),
      /is not deployed\n[^]*It was destroyed 10 min ago, by bob@ci; what holds data is still there/,
    ],
    [
      "does not promise to take away what was added",
      status({
        drift: [{ object: "Deployment web", what: "added", path: "metadata.labels.team", now: "x" }],
      }),
      /metadata.labels.team: x was added\n {2}A deploy leaves what others added as it is\.$/,
    ],
    [
      "says nothing of drift where it could not be told",
      (({ driftFrom: _none, ...rest }) => rest)(status()),
      /^((?!by hand)[^])*$/,
    ],
  ])("%s", (_what, one, expected) => expect(show(one)).toMatch(expected));
});

describe("Times", () => {
  it.each([
    ["2026-01-01T11:59:58Z", "just now"],
    ["2026-01-01T12:00:03Z", "just now"],
    ["2026-01-01T11:59:20Z", "40 s"],
    ["2026-01-01T11:01:00Z", "59 min"],
    ["2025-12-31T12:00:00Z", "24 h"],
    ["2025-12-20T12:00:00Z", "12 days"],
    ["", ""],
  ])("since %s are %s", (since, text) => expect(ageText(since, now)).toBe(text));
  it.each([
    [40, "0.0 s"],
    [59_940, "59.9 s"],
    [59_960, "1 min 0 s"],
    [3_599_600, "1 h 0 min"],
    [7_500_000, "2 h 5 min"],
  ])("of %d ms are %s", (milliseconds, text) => expect(secondsText(milliseconds)).toBe(text));
});
