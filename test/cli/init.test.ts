import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ask } from "../dev/DevRun.ts";
import { CliFolder, type CliProcess } from "./CliFolder.ts";

describe.skipIf(process.platform === "win32")("what `moorage init` writes", () => {
  let folder: CliFolder;
  let running: CliProcess | undefined;
  beforeEach(() => {
    folder = new CliFolder();
  });
  afterEach(async () => {
    await running?.interrupt();
    running = undefined;
    folder.remove();
  });

  it.each([
    ["web", [], "Hello from dev"],
    ["web", ["--yaml"], "Hello"],
    ["data", [], "Visit number 1."],
    ["data", ["--yaml"], "Visit number 1."],
  ] as const)("runs at once with `moorage dev` (%s %j)", async (template, more, says) => {
    const made = await folder.run(["init", "--name", "survey", "--template", template, "--yes", ...more]);
    expect(made.code).toBe(0);
    running = folder.start(["dev", "--no-watch"]);
    const [, port] = await running.prints(/http:\/\/web\.survey\.localhost:(\d+)\//);
    const answer = await ask(Number(port), "web.survey.localhost", "/");
    expect(answer.status).toBe(200);
    expect(answer.body).toContain(says);
    expect((await running.interrupt()).code).toBe(130);
  });
});
