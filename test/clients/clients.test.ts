import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterMissing } from "../cluster/startCluster.ts";
import { meantDifferences, openDifferences } from "./meantDifferences.ts";
import { buildPrograms, programsMissing } from "./programs.ts";
import { runScript, type Programs, type Said } from "./runScript.ts";
import type { Script } from "./Script.ts";
import { quietScripts, scripts } from "./scripts/index.ts";
import { programScripts } from "./scripts/programs.ts";
import { startSides, type Side } from "./startSides.ts";

const missing = clusterMissing({ own: "a node of ours" });
const listed = { ...meantDifferences, ...openDifferences };
const show = process.env["CLIENTS_SHOW"];

describe.skipIf(missing !== undefined)(
  `Clients on the sandbox and on a real control plane${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let sides: readonly [real: Side, sandbox: Side];
    beforeAll(async () => {
      sides = await startSides();
    }, 300_000);
    afterAll(async () => {
      await Promise.all((sides ?? []).map((side) => side.stop()));
    });

    it.each(scripts)("are told the same: $title", { timeout: 400_000 }, async (script) => {
      const { real, sandbox, mended } = await compare(script, {});
      expect(mended, "no longer differ: take them off the list").toEqual([]);
      expect(sandbox).toBe(real);
    });

    it.concurrent.each(quietScripts)("are told the same: $title", { timeout: 400_000 }, async (script) => {
      const { real, sandbox, mended } = await compare(script, {});
      expect(mended, "no longer differ: take them off the list").toEqual([]);
      expect(sandbox).toBe(real);
    });

    const noPrograms = programsMissing();
    describe.skipIf(noPrograms !== undefined)(
      `Programs out of Go modules${noPrograms ? ` (skipped: ${noPrograms})` : ""}`,
      () => {
        let programs: Programs;
        beforeAll(async () => {
          programs = await buildPrograms();
        }, 1_800_000);
        it.each(programScripts)("are told the same: $title", { timeout: 400_000 }, async (script) => {
          const { real, sandbox, mended } = await compare(script, programs);
          expect(mended, "no longer differ: take them off the list").toEqual([]);
          expect(sandbox).toBe(real);
        });
      },
    );

    /** What both said, but for what is listed; `mended` is what is listed and no longer differs. */
    async function compare(
      script: Script,
      programs: Programs,
    ): Promise<{ real: string; sandbox: string; mended: string[] }> {
      const [real = [], sandbox = []] = await Promise.all(
        sides.map((side) => runScript(script, side, programs)),
      );
      if (show !== undefined && script.title.includes(show)) console.log(readable(real));
      const isListed = ({ command }: Said): boolean => `${script.title}: ${command}` in listed;
      const textOf = (said: readonly Said[]): string => readable(said.filter((each) => !isListed(each)));
      const mended = real.filter(
        (each, index) => isListed(each) && each.lines.join("\n") === sandbox[index]?.lines.join("\n"),
      );
      return { real: textOf(real), sandbox: textOf(sandbox), mended: mended.map(({ command }) => command) };
    }

    it("knows every command that is meant to differ", () => {
      const known = [...scripts, ...quietScripts, ...programScripts].flatMap(({ title, steps }) =>
        steps.map((step) => `${title}: ${typeof step === "string" ? step : step.run}`),
      );
      expect(Object.keys(listed).filter((name) => !known.includes(name))).toEqual([]);
    });
  },
);

const readable = (said: readonly Said[]): string =>
  said.map(({ command, lines }) => [`$ ${command}`, ...lines].join("\n")).join("\n");
