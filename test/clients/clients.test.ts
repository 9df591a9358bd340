import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterMissing } from "../cluster/startCluster.ts";
import { meantDifferences, openDifferences } from "./meantDifferences.ts";
import { runScript, type Said } from "./runScript.ts";
import { scripts } from "./scripts/index.ts";
import { startSides, type Side } from "./startSides.ts";

const missing = clusterMissing();
const listed = { ...meantDifferences, ...openDifferences };
const show = process.env["CLIENTS_SHOW"];

describe.skipIf(missing !== undefined)(
  `Clients on the sandbox and on a real control plane${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let sides: readonly [real: Side, sandbox: Side];
    beforeAll(async () => {
      sides = await startSides();
    }, 180_000);
    afterAll(async () => {
      await Promise.all((sides ?? []).map((side) => side.stop()));
    });

    it.each(scripts)("are told the same: $title", { timeout: 180_000 }, async (script) => {
      const [real, sandbox] = await Promise.all(sides.map((side) => runScript(script, side)));
      if (show !== undefined && script.title.includes(show)) console.log(readable(real ?? []));
      const meant = (command: string): boolean => `${script.title}: ${command}` in listed;
      const mended = (real ?? []).filter(
        ({ command, lines }, index) =>
          meant(command) && lines.join("\n") === sandbox?.[index]?.lines.join("\n"),
      );
      expect(
        mended.map(({ command }) => command),
        "no longer differ: take them off the list",
      ).toEqual([]);
      const compared = (said: readonly Said[] = []): string =>
        readable(said.filter(({ command }) => !meant(command)));
      expect(compared(sandbox)).toBe(compared(real));
    });

    it("knows every command that is meant to differ", () => {
      const known = scripts.flatMap(({ title, steps }) =>
        steps.map((step) => `${title}: ${typeof step === "string" ? step : step.run}`),
      );
      expect(Object.keys(listed).filter((name) => !known.includes(name))).toEqual([]);
    });
  },
);

const readable = (said: readonly Said[]): string =>
  said.map(({ command, lines }) => [`$ ${command}`, ...lines].join("\n")).join("\n");
