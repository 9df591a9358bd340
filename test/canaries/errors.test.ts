import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ApiResponse } from "../../src/sandbox/api/ApiRequest.ts";
import type { CliFolder } from "../cli/CliFolder.ts";
import { allForms, canaryValues, filesBelow, formsOf, found } from "./canaryValues.ts";
import { openTides } from "./openTides.ts";
import { token, type EchoingCluster } from "./startEchoingCluster.ts";

const platform = (
  secrets = "{ from: environment, keys: [PLAIN, ESCAPED, LINES, BYTES, SHORT] }",
): string => `name: tides
images: { web: { ref: registry.example.org/web, tag: "1" } }
environments:
  prod: { target: { context: okd }, namespace: tides }
secrets:
  db: ${secrets}
components:
  web: { kind: service, image: web, runAs: 1000, env: { PLAIN: "\${secret.db.PLAIN}" } }
`;
const text = (status: number, body: string, type = "text/plain"): ApiResponse => ({
  status,
  headers: { "content-type": type },
  body,
});

describe("No byte of a secret is in an error", () => {
  let folder: CliFolder;
  let cluster: EchoingCluster;
  beforeEach(async () => {
    ({ folder, cluster } = await openTides(platform()));
  });
  afterEach(async () => {
    await cluster.close();
    folder.remove();
  });

  it("when the server answers with something else than JSON", async () => {
    cluster.answer = ({ method }) =>
      method === "PATCH" ? text(200, allForms.join(" "), "application/json") : undefined;
    for (const command of ["plan prod", "--debug plan prod", "--debug deploy prod --yes -o json"])
      expect([command, (await folder.run(command.split(" "))).code]).toEqual([command, 1]);
    expect(found(folder.everything)).toEqual([]);
  });

  it("when a long answer is cut off in the middle of it", async () => {
    for (let before = 180; before < 200; before += 3) {
      cluster.answer = ({ method }) =>
        method === "PATCH" ? text(400, `${"x".repeat(before)}${canaryValues.PLAIN}`) : undefined;
      expect((await folder.run(["plan", "prod"])).code).toBe(1);
    }
    expect(folder.everything).toContain("xxxx");
    expect(folder.everything).not.toContain(canaryValues.PLAIN.slice(0, 4));
  });

  it.each([
    [
      "401",
      text(
        401,
        JSON.stringify({
          kind: "Status",
          code: 401,
          reason: "Unauthorized",
          message: `the token ${formsOf(token).join(" ")} has expired`,
        }),
        "application/json",
      ),
    ],
    ["400", text(400, `Authorization: Bearer ${token} is not known`)],
  ])("when the server refuses the account with %s and quotes its token", async (_, refusal) => {
    cluster.answer = () => refusal;
    for (const command of [
      "plan prod",
      "--debug deploy prod --yes",
      "status prod -o json",
      "--debug history prod",
      "logs prod",
      "restart prod web",
      "rollback prod --yes",
      "destroy prod --yes",
    ])
      expect([command, (await folder.run(command.split(" "))).code]).not.toEqual([command, 0]);
    for (const form of formsOf(token)) expect(folder.everything).not.toContain(form);
  });

  it.each([
    ["a value where its source belongs", `{ keys: { PLAIN: ${JSON.stringify(canaryValues.PLAIN)} } }`],
    [
      "a source with a value in it",
      `{ keys: { PLAIN: { from: environment, value: ${JSON.stringify(canaryValues.PLAIN)} } } }`,
    ],
    ["a value as the source's name", `{ keys: { PLAIN: { from: ${JSON.stringify(canaryValues.PLAIN)} } } }`],
  ])("when the platform file has %s", async (_, secrets) => {
    folder.write("moorage.yaml", platform(secrets));
    for (const command of ["check prod", "--debug plan prod", "render prod -o json"])
      expect([command, (await folder.run(command.split(" "))).code]).toEqual([command, 2]);
    expect(found(folder.everything)).toEqual([]);
  });

  it.each([
    ["a key that is not there", 'template: "${PLAIN} ${NOT_THERE}"'],
    ["a Secret that is not there", 'template: "${PLAIN} ${other/KEY}"'],
    ["itself", 'template: "${PLAIN} ${T}"'],
  ])("when a template names %s", async (_, template) => {
    folder.write(
      "moorage.yaml",
      platform(
        `{ keys: { PLAIN: { from: environment, variable: PLAIN }, T: { from: template, ${template} } } }`,
      ),
    );
    for (const command of ["plan prod", "--debug deploy prod --yes", "plan prod -o json"])
      expect([command, (await folder.run(command.split(" "))).code === 0]).toEqual([command, false]);
    expect(found(folder.everything)).toEqual([]);
  });

  it("when a dotenv file is wrong", async () => {
    folder.write(".env", `PLAIN=${canaryValues.PLAIN}\n=${canaryValues.BYTES}\n{ ${canaryValues.SHORT}\n`);
    folder.write("moorage.yaml", platform("{ from: dotenv, file: .env, keys: [PLAIN, NOT_THERE] }"));
    for (const command of ["check prod", "plan prod", "--debug plan prod"])
      await folder.run(command.split(" "));
    expect(folder.everything).toContain("NOT_THERE");
    expect(found(folder.everything)).toEqual([]);
  });

  it("when Moorage itself crashes", async () => {
    const main = pathToFileURL(resolve(import.meta.dirname, "../../src/cli/main.ts")).href;
    // An error that nobody waits for, with all that the process knows.
    const crash = `process.on("SIGUSR2", () => setImmediate(() => { throw new Error(${JSON.stringify(allForms.join(" "))}); }));`;
    const script = folder.write(
      "run.mjs",
      `${crash}\nconst { main } = await import(${JSON.stringify(main)});\nawait main();\n`,
    );
    const child = spawn(process.execPath, [script, "--debug", "deploy", "prod", "--yes"], {
      cwd: folder.path,
      env: folder.environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
    // Its lock is the first that it writes.
    cluster.answer = ({ method, path }) => {
      if (method !== "GET" && path.includes("/leases")) child.kill("SIGUSR2");
      return undefined;
    };
    const [code] = (await once(child, "close")) as [number];
    expect(printed).toContain("Moorage has a bug");
    expect(code).toBe(1);
    expect(found(printed)).toEqual([]);
    expect(found(filesBelow(folder.path, (path) => path !== join(folder.path, "run.mjs")))).toEqual([]);
  });
});
