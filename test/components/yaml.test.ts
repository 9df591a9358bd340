import { afterEach, expect, it } from "vitest";
import { TestPlatform } from "./TestPlatform.ts";

/** Parts of `everything/`, as data. */
const yaml = `name: everything
images:
  program: { ref: registry.example.org/everything/program, tag: "1", dev: { cwd: program } }
secrets:
  app: { keys: { TOKEN: { from: dotenv }, COOKIE: { from: generated, shape: hex, bytes: 32 } } }
environments:
  dev:
    target: sandbox
    suffix: -dev
  prod:
    target: { context: lab }
    suffix: -prod
    components:
      api: { config: { APP_LEVEL: info }, env: { APP_EXTRA: null } }
      etl: null
components:
  data: { kind: volume.claim, size: 1Gi, access: ReadWriteMany, path: /var/lib/lab }
  migrate:
    kind: job
    image: program
    runAs: 1000
    command: [node, main.mjs, once, migrate]
    env: { LEDGER: "\${data.path}/ledger.txt" }
    volumes: [data]
    on: deploy
  back:
    kind: service
    image: program
    runAs: 1000
    command: [node, main.mjs, serve]
    env: { APP_NAME: back }
    probes: { readiness: { tcp: http, every: 1s } }
    stopDelay: 0
  api:
    kind: service
    image: program
    runAs: 1000
    after: [migrate]
    command: [node, main.mjs, serve]
    env:
      APP_NAME: api
      APP_BACK: "\${back.url}"
      APP_TOKEN: "\${secret.app.TOKEN}"
      APP_LONG: "token:\${secret.app.TOKEN}@api"
      APP_TEXT: "$\${a.b} \${HOME}"
      APP_EXTRA: only in dev
      LEDGER: "\${data.path}/ledger.txt"
      FILE_UPSTREAM: /etc/lab/upstream.ini
    config: { APP_LEVEL: debug }
    files:
      /etc/lab/upstream.ini: { text: "url = \${back.url}/name", template: true }
    volumes: [data]
    probes: { readiness: { tcp: http, every: 1s } }
    stopDelay: 0
    expose: { host: api.example.org, public: true }
  etl:
    kind: worker
    image: program
    runAs: 1000
    command: [node, main.mjs, work]
    env: { APP_NAME: etl, LEDGER: "\${data.path}/ledger.txt" }
    volumes: [data]
`;

let lab: TestPlatform | undefined;
afterEach(async () => await lab?.close());

it("the same platform as moorage.yaml runs the same, environments layered over it", async () => {
  lab = TestPlatform.make("everything");
  lab.remove("moorage.config.ts");
  lab.write("moorage.yaml", yaml);
  lab.write(".env", "TOKEN=token-number-one\n");
  await lab.start();
  const ask = async (path: string): Promise<string> =>
    (await lab?.ask("api.everything.localhost", path))?.body ?? "";
  const given = async (): Promise<unknown> => JSON.parse(await ask("/given"));

  expect((await lab.deploy("dev")).status).toBe("deployed");
  expect(await given()).toMatchObject({
    env: {
      APP_TOKEN: "token-number-one",
      APP_LONG: "token:token-number-one@api",
      APP_TEXT: "${a.b} ${HOME}",
      APP_EXTRA: "only in dev",
      APP_LEVEL: "debug",
    },
    files: { UPSTREAM: expect.stringMatching(/^url = http:\/\/127\.0\.0\.1:\d+\/name$/u) as string },
  });
  expect(await ask("/fetch")).toBe("back");
  expect(await ask("/ledger")).toContain("once migrate");
  lab.writes.length = 0;
  expect((await lab.deploy("dev")).status).toBe("unchanged");
  expect(lab.writes).toEqual([]);

  expect((await lab.deploy("prod")).status).toBe("deployed");
  expect(Object.keys(await lab.pods("everything", "everything-prod")).toSorted()).toEqual([
    "api",
    "back",
    "migrate",
  ]);
  expect(Object.keys(await lab.pods("everything", "everything-dev")).toSorted()).toEqual([
    "api",
    "back",
    "etl",
    "migrate",
  ]);
});
