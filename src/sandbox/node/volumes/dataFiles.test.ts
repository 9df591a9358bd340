import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Volume } from "../Pod.ts";
import { dataFiles, type DataContext } from "./dataFiles.ts";
import { writeDataVolume } from "./writeDataVolume.ts";

const context: DataContext = {
  pod: { apiVersion: "v1", kind: "Pod", metadata: { name: "web" }, spec: { containers: [] } },
  facts: { podIP: "10.0.0.7", hostIP: "127.0.0.1", nodeName: "sandbox" },
  capacity: { cpu: 2, memory: 1024 ** 3, storage: 1024 ** 3 } as never,
  find: (kind, name) =>
    Promise.resolve({ apiVersion: "v1", kind, metadata: { name }, data: { key: "dmFsdWU=" } }),
  token: () => Promise.resolve("token"),
  substitute: (text) => text,
};

const fieldRef = { fieldPath: "metadata.name" };
const volumes: Record<string, (path: string) => Partial<Volume>> = {
  ConfigMap: (path) => ({ configMap: { name: "settings", items: [{ key: "key", path }] } }),
  Secret: (path) => ({ secret: { secretName: "password", items: [{ key: "key", path }] } }),
  "downward API": (path) => ({ downwardAPI: { items: [{ path, fieldRef }] } }),
  "projected downward API": (path) => ({
    projected: { sources: [{ downwardAPI: { items: [{ path, fieldRef }] } }] },
  }),
  token: (path) => ({ projected: { sources: [{ serviceAccountToken: { path } }] } }),
};

/** The volume's files, or what is wrong with it. */
async function outcome(volume: Partial<Volume>): Promise<string | string[]> {
  const made = await dataFiles({ name: "files", ...volume }, context);
  return "problem" in made ? made.problem : [...made.files.keys()];
}

// The name of a downward API's file, and that of a token, led anywhere on the machine.
it.each(Object.entries(volumes))(
  "has no file outside of the volume that comes of a %s",
  async (_of, make) => {
    for (const path of ["../out", "a/../../out", "/out", "..data", "..v-1/x"])
      expect(await outcome(make(path))).toBe(`path ${path} leads out of the volume`);
    expect(await outcome(make("a/in..side"))).toEqual(["a/in..side"]);
  },
);

it("leaves nothing behind of a content that could not be written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "moorage-volume-"));
  const file = { bytes: Buffer.from("x"), mode: 0o644 };
  try {
    const clashing = new Map([
      ["a", file],
      ["a/b", file],
    ]);
    await expect(writeDataVolume(folder, clashing)).rejects.toThrow(/EEXIST|ENOTDIR/);
    expect(readdirSync(folder)).toEqual([]);
    await writeDataVolume(folder, new Map([["a", file]]));
    expect(existsSync(join(folder, "a"))).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
