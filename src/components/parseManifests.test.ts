import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { toolPath } from "../../test/tools/kubectl.ts";
import { parseManifests } from "./parseManifests.ts";

const scalars = [
  "0644",
  "0o17",
  "0x1F",
  "0b101",
  "0777_1",
  "089",
  "-0644",
  "+12",
  "00",
  "1_000",
  "1__0",
  "0x",
  "0b2",
  "-0",
  "yes",
  "y",
  "on",
  "N",
  '"yes"',
  "TRUE",
  "tRUE",
  "~",
  "Null",
  "",
  "null",
  "none",

  "2024-01-01",
  "12:30:45",
  "1e3",
  "1.5e3",
  "1.",
  ".5",
  "1_0.5",
  "1E400",
  "1.0",
  "3.10",
  '"1"',
  "1e-7",
  "100e",

  "_1",
  ".",
  "'='",
  "=",
  "=x",
  "!!str 12",
  '!!int "12"',
  "!!float 1",
  "!!binary aGVsbG8=",
  "9007199254740991",
];

describe("parseManifests", () => {
  const folder = mkdtempSync(join(tmpdir(), "moorage-manifests-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("reads every form of a scalar as kubectl does", async () => {
    const spec = scalars.map((scalar, index) => `  f${index}: ${scalar}\n`).join("");
    const text = `apiVersion: example.org/v1\nkind: Thing\nmetadata: {name: a}\nbase: &base {p: 1}\nspec:\n${spec}  merged:\n    <<: *base\n    q: 2\n`;
    const file = join(folder, "thing.yaml");
    writeFileSync(file, text);
    const args = ["label", "--local", "-f", file, "a=b", "-o", "json"];
    const { stdout } = await promisify(execFile)(toolPath("kubectl"), args);
    const theirs = JSON.parse(stdout) as { spec: unknown };
    const [ours] = JSON.parse(JSON.stringify(parseManifests(text, file))) as { spec: unknown }[];
    expect(ours?.spec).toEqual(theirs.spec);
  });

  it("leaves out empty documents, and takes a List apart", () => {
    const text = "---\n---\na: 1\n---\n# nothing\n---\nkind: List\nitems: [{b: 1}, {c: 1}]\n";
    expect(parseManifests(text, "f")).toEqual([{ a: 1 }, { b: 1 }, { c: 1 }]);
  });

  it.each([
    ["a: [1", { line: 1 }],
    ["a: 1\na: 2\n", { line: 2, column: 1 }],
    ["ok: 1\n---\nx:\n\t- y\n", { line: 4 }],
    ["a: !vault x\n", { line: 1 }],
    ["a: *nobody\n", { line: 1 }],
  ])("says where %j is no YAML", (text, where) => {
    const error = (() => {
      try {
        return parseManifests(text, "rbac.yaml");
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({ code: "PlatformInvalid", location: { file: "rbac.yaml", ...where } });
    expect((error as Error).message).toMatch(/^not YAML: /u);
  });

  it("refuses aliases that stand for billions, or for themselves", () => {
    const levels = Array.from(
      { length: 10 },
      (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i}, `.repeat(9)}*l${i}]`,
    );
    expect(() => parseManifests(`l0: &l0 x\n${levels.join("\n")}\n`, "f")).toThrow("more than a million");
    expect(() => parseManifests("a: &a [*a]\n", "f")).toThrow("more than a million");
  });
});
