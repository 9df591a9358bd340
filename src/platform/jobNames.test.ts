import { expect, it } from "vitest";
import type { KubeObject } from "../contract/index.ts";
import { renameIfChanged, renderedJobs } from "./jobNames.ts";

const job = (command: string): KubeObject => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: { name: "migrate-dev-0123456789" },
  spec: { template: { spec: { containers: [{ name: "main", command: [command] }] } } },
});

// Found when a platform-wide variable was added after the first deploy: the Job kept its name, and could not be changed.
it("gives a job another name when it is changed after its kind has named it", () => {
  const one = job("a");
  const before = renderedJobs([one]);
  renameIfChanged(one, before);
  expect(one.metadata.name).toBe("migrate-dev-0123456789");

  const changed = structuredClone(one);
  (changed.spec as Record<string, unknown>)["backoffLimit"] = 3;
  renameIfChanged(changed, before);
  expect(changed.metadata.name).toMatch(/^migrate-dev-[0-9a-f]{10}$/);
  expect(changed.metadata.name).not.toBe("migrate-dev-0123456789");
});

it("gives the same change the same name", () => {
  const names = [1, 2].map(() => {
    const one = job("a");
    const before = renderedJobs([one]);
    (one.spec as Record<string, unknown>)["backoffLimit"] = 3;
    renameIfChanged(one, before);
    return one.metadata.name;
  });
  expect(names[0]).toBe(names[1]);
});
