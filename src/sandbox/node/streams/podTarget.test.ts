import { expect, it, vi } from "vitest";
import { systemClock } from "../../Clock.ts";
import { podTarget } from "./podTarget.ts";
import { OutputTap } from "./OutputTap.ts";
import type { ExecCall } from "../../api/NodeBackend.ts";

vi.mock("@lydell/node-pty", () => {
  throw new Error("not installed");
});

const target = (running: boolean) =>
  podTarget(
    {
      key: "default/web",
      port: (port) => (running ? port : undefined),
      running: (container) =>
        running && container === "main"
          ? {
              plan: {
                argv: [],
                cwd: "/",
                env: {},
                stopSignal: "SIGTERM",
                terminationFile: "",
                substitute: (text) => text,
              },
              output: new OutputTap(),
              stdin: undefined,
              ended: new AbortController().signal,
            }
          : undefined,
    },
    { clock: systemClock, spawn: () => expect.unreachable(), ledger: expect.anything() as never },
  );
const call: ExecCall = {
  kind: "exec",
  container: "main",
  command: ["true"],
  stdin: false,
  stdout: true,
  stderr: false,
  tty: false,
};

it.each<[string, Parameters<ReturnType<typeof target>["refusal"]>[0], boolean, number | undefined, string]>([
  ["nothing that is as it should be", call, true, undefined, ""],
  ["a container that does not run", call, false, 500, `container not found ("main")`],
  [
    "a command without streams",
    { ...call, stdout: false },
    true,
    400,
    "you must specify at least 1 of stdin, stdout, stderr",
  ],
  [
    "no command",
    { ...call, command: [] },
    true,
    400,
    "you must specify at least one command for the container",
  ],
  [
    "a terminal where there is none",
    { ...call, tty: true },
    true,
    501,
    "this node has no pseudo-terminals (the optional package @lydell/node-pty is not installed, or not for this machine): do without -t",
  ],
  ["ports of a pod that is gone", { kind: "portforward", ports: [80] }, false, 404, "pod not found"],
])("refuses %s, in words", async (_what, asked, running, status, message) => {
  const refusal = await target(running).refusal(asked);
  expect([refusal?.status, refusal?.message ?? ""]).toEqual([status, message]);
});

it("leads to no port of a pod that is gone: somebody else may listen there by now", async () => {
  await expect(target(false).connect(80)).rejects.toThrow('pod not found ("default/web")');
});
