import * as fc from "fast-check";
import { expect, it } from "vitest";
import { splitLines } from "./splitLines.ts";

it("gives the same lines however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.string({ unit: "binary" }).filter((line) => !line.includes("\n")),
        { maxLength: 8 },
      ),
      fc.array(fc.nat({ max: 200 }), { maxLength: 12 }),
      async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
        const places = [
          0,
          ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b),
          bytes.length,
        ];
        async function* chunks(): AsyncGenerator<Uint8Array> {
          for (let index = 1; index < places.length; index += 1)
            yield bytes.subarray(places[index - 1], places[index]);
        }
        const got: string[] = [];
        for await (const line of splitLines(chunks())) got.push(line);
        // A byte order mark at the very start is no text; lone surrogates can't be encoded.
        const expected = bytes
          .toString("utf8")
          .replace(/^\uFEFF/, "")
          .split("\n")
          .slice(0, -1);
        expect(got).toEqual(expected);
      },
    ),
  );
});
