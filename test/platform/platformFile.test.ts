import { mkdtempSync, mkdirSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { componentKinds } from "../../src/components/index.ts";
import { MoorageError } from "../../src/contract/index.ts";
import * as moorage from "../../src/index.ts";
import {
  checkEnvironment,
  evaluateEnvironment,
  jsonSchemaOf,
  loadPlatform,
  readLock,
  renderEnvironment,
  writeLock,
  type LoadedPlatform,
} from "../../src/platform/index.ts";

// A folder without node_modules anywhere above it.
let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "moorage-platform-")));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
const load = async (file?: string): Promise<LoadedPlatform> =>
  await loadPlatform({
    cwd: folder,
    file,
    kinds: componentKinds,
    moorage: async () => await Promise.resolve(moorage),
  });

/** A whole file around the body of `components`. */
const typescript = (body: string, more = ""): string =>
  `import { platform, redis, worker, job, service, each, secret, volume } from "moorage";
export default platform("quality", {
  images: { etl: { ref: "registry.example.org/etl" } }, ${more}
  environments: { dev: { target: "sandbox" }, prod: { target: { context: "okd" }, after: "dev" } },
  components: (env) => {
${body}
  },
});
`;

/** Problems as lines: `file:line path: message (hint)`. */
function problemsOf(error: unknown): string[] {
  if (!(error instanceof MoorageError)) throw error;
  const all =
    error.problems.length > 0
      ? error.problems
      : [{ ...error.location, message: error.message, hint: error.hint }];
  return all.map(
    ({ file, line, path, message, hint }) =>
      `${file}${line === undefined ? "" : `:${line}`} ${path ?? ""}: ${message}${hint === undefined ? "" : ` (${hint})`}`,
  );
}
async function failure(body: string, more = "", environment = "dev"): Promise<string[]> {
  write("moorage.config.ts", typescript(body, more));
  try {
    evaluateEnvironment(await load(), environment);
  } catch (error) {
    return problemsOf(error);
  }
  throw new Error("nothing was found");
}

describe("a platform file in TypeScript", () => {
  it("renders references as addresses and as an order, through each", async () => {
    write(
      "moorage.config.ts",
      typescript(`
    const broker = redis();
    const etl = { image: env.images.etl, env: { BROKER: \`\${broker.url}/0\` } };
    const migrate = job({ ...etl, command: ["migrate"], on: "deploy" });
    const workers = each(["csc", "hcal"] as const, (d) => [\`w-\${d}\`, worker({ ...etl, after: [migrate] })]);
    return { ...workers, migrate, broker };`),
    );
    const evaluated = evaluateEnvironment(await load(), "dev");
    expect(evaluated.components.map(({ key, after }) => [key, after])).toEqual([
      ["broker", []],
      ["migrate", ["broker"]],
      ["w-csc", expect.arrayContaining(["broker", "migrate"])],
      ["w-hcal", expect.arrayContaining(["broker", "migrate"])],
    ]);
    const text = JSON.stringify(renderEnvironment(evaluated).objects);
    expect(text).toContain('"redis://broker:6379/0"');
    expect(text).not.toMatch(/[\uE0F0\uE0F1]/u);
  });

  it("is read anew each time, with what it imports", async () => {
    write(
      "moorage.config.ts",
      typescript(`return { broker: redis({ storage: size }) };`).replace(
        "import",
        'import { size } from "./size.ts";\nimport',
      ),
    );
    write("size.ts", 'export const size = "1Gi";');
    const first = await load();
    expect(first.files.toSorted()).toEqual([join(folder, "moorage.config.ts"), join(folder, "size.ts")]);
    write("size.ts", 'export const size = "2Gi";');
    const spec = evaluateEnvironment(await load(), "dev").components[0]?.spec;
    expect(spec).toMatchObject({ storage: "2Gi" });
  });

  it("is found from a folder below", async () => {
    write("moorage.config.ts", typescript("return {};"));
    mkdirSync(join(folder, "a/b"), { recursive: true });
    const loaded = await loadPlatform({
      cwd: join(folder, "a/b"),
      kinds: componentKinds,
      moorage: async () => await Promise.resolve(moorage),
    });
    expect(loaded.file).toBe(join(folder, "moorage.config.ts"));
  });

  it("collects all problems at once, each with its line", async () => {
    expect(
      await failure(`
    const broker = redis({ storag: "1Gi" });
    const etl = worker({
      image: env.images.etl, replicas: "three", env: { URL: broker.url, PW: secret("db").X } });
    return { broker, etl };`),
    ).toEqual([
      'moorage.config.ts:7 components.broker.storag: unknown key "storag" (did you mean "storage"?)',
      expect.stringMatching(
        /^moorage\.config\.ts:8 components\.etl\.replicas: expected a (number|whole number).*found "three"$/u,
      ),
      'moorage.config.ts:8 components.etl.env.PW: there is no secret "db" (declare it under secrets)',
    ]);
  });

  it("names the line of a component that is referenced but not returned, or returned twice", async () => {
    expect(
      await failure(`
    const broker = redis();
    const etl = worker({ image: env.images.etl, env: { URL: \`\${broker.url}/0\` } });
    return { etl, again: etl };`),
    ).toEqual([
      'moorage.config.ts:8 components.again: is the same component as "etl", returned twice (create one component for each name)',
      "moorage.config.ts:8 components.etl.env.URL: the redis component used here is not returned (made at moorage.config.ts:7) (add it to the object that components returns)",
    ]);
  });

  it("refuses names that are no DNS labels or too long", async () => {
    const [first, second] = await failure(`return { My_Broker: redis(), ["x".repeat(64)]: redis() };`);
    expect(first).toContain(
      'the name "My_Broker" is no DNS label (small letters, digits and dashes: "my-broker")',
    );
    expect(second).toContain("has 64 characters");
  });

  it("lists the environments that there are", async () => {
    expect(await failure("return {};", "", "prd")).toEqual([
      'undefined : there is no environment "prd" in moorage.config.ts (it has: dev, prod)',
    ]);
  });

  it("names the place of a syntax error", async () => {
    write("moorage.config.ts", 'import { platform } from "moorage";\nexport default platform("x", {{);\n');
    const [problem] = await load().then(() => [], problemsOf);
    expect(problem).toMatch(/^moorage\.config\.ts:2 : syntax error: /u);
  });

  it("names the line of what it throws", async () => {
    const [problem] = await failure('throw new Error("no such detector");');
    expect(problem).toBe("moorage.config.ts:6 : no such detector");
  });

  it("says what to use when a component stands in a string", async () => {
    const [problem] = await failure(
      "const b = redis();\nreturn { b, w: worker({ image: env.images.etl, env: { X: `${b}` } }) };",
    );
    expect(problem).toMatch(
      /^moorage\.config\.ts:7 : a redis component stands where text is expected \(use one of its outputs: \.url/u,
    );
  });

  it("finds mistakes outside of components, with suggestions", async () => {
    write("moorage.config.ts", typescript("return {};", 'secret: {}, env: { A: ["x"] },'));
    const problems = await load().then(() => [], problemsOf);
    expect(problems.join("\n")).toContain('secret: unknown key "secret" (did you mean "secrets"?)');
    expect(problems.join("\n")).toContain("env.A: expected a string, a number or a boolean, found a list");
  });

  it("loads and checks a thousand components with references", async () => {
    write(
      "moorage.config.ts",
      typescript(`
    const broker = redis();
    const numbers = Array.from({ length: 1000 }, (_, i) => i);
    return { broker, ...each(numbers, (i) => [\`w-\${i}\`, worker({ image: env.images.etl, env: { URL: broker.url } })]) };`),
    );
    const { problems } = checkEnvironment(await load());
    expect(problems.filter(({ severity }) => severity !== "warning")).toEqual([]);
  });
});

describe("a platform file in YAML", () => {
  const yaml = `name: quality
images:
  etl: { ref: registry.example.org/etl, tag: "1" }
secrets:
  db: { keys: { PASSWORD: { from: generated } } }
environments:
  dev: { target: sandbox, suffix: -dev }
  prod:
    target: { context: okd }
    components:
      etl: { replicas: 3, env: { DEBUG: null } }
components:
  etl:
    kind: worker
    image: etl
    env: { URL: "\${broker.url}/0", PW: "\${secret.db.PASSWORD}", DEBUG: "1", TEXT: "$\${a.b} \${HOME}" }
    after: [migrate]
  migrate: { kind: job, image: etl, on: deploy }
  broker: { kind: redis }
`;

  it("means the same as data, with references by key and environments layered", async () => {
    write("moorage.yaml", yaml);
    const loaded = await load();
    const prod = evaluateEnvironment(loaded, "prod");
    expect(prod.components.find(({ key }) => key === "etl")).toMatchObject({
      spec: { replicas: 3, env: { TEXT: "${a.b} ${HOME}" } },
      after: expect.arrayContaining(["broker", "migrate"]) as unknown,
    });
    const deployment = renderEnvironment(evaluateEnvironment(loaded, "dev")).objects.find(
      ({ object, component }) => component === "etl" && object.kind === "Deployment",
    );
    const text = JSON.stringify(deployment);
    expect(text).toContain("redis://broker-dev:6379/0");
    expect(text).toContain('"secretKeyRef":{"name":"db-dev","key":"PASSWORD"}');
    expect(text).toContain("registry.example.org/etl:1");
  });

  it("is reported with line and column", async () => {
    write("moorage.yaml", yaml.replace("broker.url", "brokr.url").replace("after: [migrate]", "repilcas: 2"));
    const loaded = await load();
    let found: readonly { line?: number; column?: number; message: string; hint?: string }[] = [];
    try {
      evaluateEnvironment(loaded, "dev");
    } catch (error) {
      found = (error as MoorageError).problems;
    }
    expect(found.map(({ line, column, message, hint }) => [line, column, message, hint])).toEqual([
      [17, 5, 'unknown key "repilcas"', 'did you mean "replicas"?'],
      [
        16,
        12,
        'there is no component "brokr", which ${brokr.url} names',
        expect.stringContaining('did you mean "broker"?'),
      ],
    ]);
  });

  it("refuses two components of one name", async () => {
    write("moorage.yaml", `${yaml}  broker: { kind: redis }\n`);
    const problems = await load().then(() => [], problemsOf);
    expect(problems).toEqual(['moorage.yaml:20 : "broker" stands here twice']);
  });

  it("shows a cycle", async () => {
    write("moorage.yaml", yaml.replace("on: deploy }", "on: deploy, after: [etl] }"));
    expect(checkEnvironment(await load()).problems.map(({ message }) => message)).toContain(
      "components wait for each other: etl -> migrate -> etl",
    );
  });

  it("refuses environments whose objects would be the same", async () => {
    write("moorage.yaml", yaml.replace("target: sandbox, suffix: -dev", "target: { context: okd }"));
    const messages = checkEnvironment(await load()).problems.map(({ message }) => message);
    expect(messages).toContain(
      'Deployment "etl" of the component "etl" is also the environment dev\'s: both are in the namespace quality',
    );
  });

  it("has a JSON Schema with every kind", () => {
    const schema = jsonSchemaOf(componentKinds) as {
      properties: {
        components: { additionalProperties: { anyOf: { properties: { kind: { const: string } } }[] } };
      };
    };
    const kinds = schema.properties.components.additionalProperties.anyOf.map(
      ({ properties }) => properties.kind.const,
    );
    expect(kinds).toEqual(componentKinds.map(({ kind }) => kind));
  });
});

describe("secrets", () => {
  const file = typescript(
    `return { api: service({ image: env.images.etl, env: { PW: env.secrets.db.PASSWORD } }) };`,
    `secrets: { db: { keys: { PASSWORD: { from: "generated" } } } }, env: { HTTP_PROXY: "http://proxy" },`,
  );
  const render = (loaded: LoadedPlatform, password?: string): string =>
    JSON.stringify(
      renderEnvironment(
        evaluateEnvironment(loaded, "dev"),
        password === undefined
          ? {}
          : { secretValues: new Map([["db", { PASSWORD: password }]]), secretKey: new Uint8Array(32) },
      ).objects,
    );

  it("are rendered as data, and only with values", async () => {
    write("moorage.config.ts", file);
    const loaded = await load();
    expect(render(loaded)).not.toContain('"data"');
    expect(render(loaded, "hunter2")).toContain(Buffer.from("hunter2").toString("base64"));
    expect(render(loaded, "hunter2")).not.toContain("hunter2");
    expect(render(loaded)).toContain('{"name":"HTTP_PROXY","value":"http://proxy"}');
  });

  it("roll the pods that use them when they change", async () => {
    write("moorage.config.ts", file);
    const loaded = await load();
    const hash = (text: string): string | undefined => /"moorage\.dev\/secret-hash":"(\w+)"/u.exec(text)?.[1];
    expect(hash(render(loaded, "one"))).toMatch(/^[0-9a-f]{32}$/u);
    expect(hash(render(loaded, "one"))).toBe(hash(render(loaded, "one")));
    expect(hash(render(loaded, "one"))).not.toBe(hash(render(loaded, "two")));
  });
});

describe("moorage.lock", () => {
  const digest = `sha256:${"a".repeat(64)}`;

  it("pins images of its environment", async () => {
    write("moorage.config.ts", typescript("return { w: worker({ image: env.images.etl }) };"));
    writeLock(join(folder, "moorage.lock"), {
      version: 1,
      environments: { prod: { images: { etl: { version: "1.4.0", digest } } } },
    });
    const loaded = await load();
    expect(JSON.stringify(renderEnvironment(evaluateEnvironment(loaded, "prod")))).toContain(
      `etl:1.4.0@${digest}`,
    );
    expect(JSON.stringify(renderEnvironment(evaluateEnvironment(loaded, "dev")))).not.toContain("1.4.0");
  });

  it("comes back as it was written, and a malformed one is refused", () => {
    const file = join(folder, "moorage.lock");
    const lock = {
      version: 1 as const,
      environments: { prod: { images: { etl: { version: "1.4.0", digest } } } },
    };
    writeLock(file, lock);
    expect(readLock(file)).toEqual(lock);
    write("moorage.lock", "<<<<<<< HEAD");
    expect(() => readLock(file)).toThrow("moorage.lock is no JSON");
    write("moorage.lock", '{ "version": 2, "environments": {} }');
    expect(() => readLock(file)).toThrow("moorage.lock is malformed");
  });
});
