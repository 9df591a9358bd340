import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loadEnvironment, prepareDeploy } from "./index.ts";
import { testCluster, type TestCluster } from "./testing/testCluster.ts";

let cluster: TestCluster;
let folder: string;
beforeEach(async () => {
  cluster = await testCluster();
  folder = mkdtempSync(join(tmpdir(), "moorage-prepare-"));
});
afterEach(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

// A program that failed was quoted with it, also in the record that everybody with the right to view may read.
it("takes the values of Secrets in plain YAML out of texts, as those of declared ones", async () => {
  const file = join(folder, "moorage.yaml");
  const secret = `
apiVersion: v1
kind: Secret
metadata: { name: pw }
stringData: { PLAIN: horse-battery, NUMBER: 12345678 }
data: { CODED: ${Buffer.from("staple-correct").toString("base64")} }
`;
  writeFileSync(
    file,
    `name: tides
environments: { prod: { target: { context: okd }, namespace: epi } }
secrets: { db: { from: environment, keys: [TOKEN] } }
components: { pw: { kind: manifests, yaml: ${JSON.stringify(secret)} } }
`,
  );
  const evaluated = await loadEnvironment({ environment: "prod", file });
  const told: ((text: string) => string)[] = [];
  const { redact } = await prepareDeploy(
    {
      evaluated,
      processEnvironment: { TOKEN: "declared-token" },
      onRedactor: (latest) => told.push(latest),
    },
    { client: cluster.client },
  );
  const text = `horse-battery ${Buffer.from("horse-battery").toString("base64")} 12345678 staple-correct declared-token`;
  const hidden = "[redacted] [redacted] [redacted] [redacted] [redacted]";
  expect(redact(text)).toBe(hidden);
  expect(told.at(-1)?.(text)).toBe(hidden);
});
