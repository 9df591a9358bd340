import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { MoorageError } from "../contract/index.ts";
import { schemaProblems } from "./schemaProblems.ts";

const schema = z.strictObject({
  version: z.literal(1),
  environments: z.record(
    z.string(),
    z.strictObject({
      images: z
        .record(
          z.string(),
          z.strictObject({
            version: z.string().optional(),
            digest: z
              .string()
              .regex(/^sha256:[0-9a-f]{64}$/u, { error: "expected sha256: and 64 hexadecimal digits" })
              .optional(),
          }),
        )
        .optional(),
      charts: z.record(z.string(), z.strictObject({ version: z.string(), checksum: z.string() })).optional(),
    }),
  ),
});

/** What is resolved, per environment: the version and digest of each image, the checksum of each chart. Committed beside the platform file. */
export type Lock = z.output<typeof schema>;

const emptyLock: Lock = { version: 1, environments: {} };

/** Reads `moorage.lock`; an absent one is empty. */
export function readLock(file: string): Lock {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return emptyLock;
    throw new MoorageError("StorageFailed", "moorage.lock can't be read", { file, cause });
  }
  const hint = "take it from version control; a merge conflict has to be resolved by hand";
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (cause) {
    throw new MoorageError("PlatformInvalid", `moorage.lock is no JSON: ${(cause as Error).message}`, {
      file,
      hint,
      cause,
      exitCode: 2,
    });
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const problems = schemaProblems(schema, data, result.error, []).map((problem) => ({ file, ...problem }));
  throw new MoorageError("PlatformInvalid", "moorage.lock is malformed", {
    file,
    hint,
    problems,
    exitCode: 2,
  });
}

/** Writes the lock with sorted keys, so that version control shows only what changed; whole or not at all. */
export function writeLock(file: string, lock: Lock): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, `${JSON.stringify(sorted(lock), null, 2)}\n`);
    renameSync(temporary, file);
  } catch (cause) {
    throw new MoorageError("StorageFailed", `moorage.lock can't be written: ${(cause as Error).message}`, {
      file,
      cause,
    });
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const keys = Object.keys(value).toSorted((a, b) =>
    a === "version" ? -1 : b === "version" ? 1 : a < b ? -1 : 1,
  );
  return Object.fromEntries(keys.map((key) => [key, sorted((value as Record<string, unknown>)[key])]));
}
