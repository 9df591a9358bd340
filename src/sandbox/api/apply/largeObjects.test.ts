import { afterEach, expect, test, vi } from "vitest";
import { schemaOfCustom } from "../schema/index.ts";
import { builtinKinds } from "../../../kube/table/builtinKinds.ts";
import { builtinServedKind } from "../builtinServedKind.ts";
import { sorted, type FieldSet } from "./FieldSet.ts";
import { refuseMalformed } from "./refuseMalformed.ts";
import { strategicMergePatch } from "./strategicMergePatch.ts";

afterEach(() => void vi.restoreAllMocks());

const many = 2000;
const numbers = Array.from({ length: many }, (_, i) => i);

/** Items that count how often their name is read. */
function counted(value: string): { items: object[]; reads: () => number } {
  let reads = 0;
  const items = numbers.map((i) => ({
    get name() {
      reads += 1;
      return `E${i}`;
    },
    value,
  }));
  return { items, reads: () => reads };
}

const ofContainers = (env: readonly object[]): object => ({
  spec: { template: { spec: { containers: [{ name: "c", env }] } } },
});

test("a strategic merge patch reads each item of a long list a few times, not each for each", () => {
  const info = builtinKinds.find(({ kind }) => kind === "Deployment")!;
  const before = counted("x");
  const patch = counted("y");
  const merged = strategicMergePatch(
    ofContainers(before.items),
    ofContainers(patch.items.toReversed()),
    builtinServedKind(info).schema,
  );
  expect(merged).toEqual(ofContainers(numbers.toReversed().map((i) => ({ name: `E${i}`, value: "y" }))));
  expect(before.reads() + patch.reads()).toBeLessThan(40 * many);
});

test("the elements of a long list are read once to bring them in order", () => {
  const set: FieldSet = Object.fromEntries(numbers.toReversed().map((i) => [`k:{"name":"n${i}"}`, {}]));
  const parse = vi.spyOn(JSON, "parse");
  const keys = Object.keys(sorted(set));
  expect(parse.mock.calls.length).toBeLessThanOrEqual(many);
  expect(keys).toEqual(numbers.map((i) => `k:{"name":"n${i}"}`).toSorted());
});

test("a configuration is looked through without writing out its parts", () => {
  const properties = { list: { type: "array", items: { type: "string" } } };
  const schema = schemaOfCustom(
    { type: "object", properties: { spec: { type: "object", properties } } },
    "S",
  );
  const config = {
    apiVersion: "x/v1",
    kind: "S",
    metadata: { name: "a" },
    spec: { list: numbers.map(String) },
  };
  const stringify = vi.spyOn(JSON, "stringify");
  refuseMalformed(config, schema);
  expect(stringify).not.toHaveBeenCalled();
});
