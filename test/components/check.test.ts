import { afterEach, beforeEach, expect, it } from "vitest";
import { checkEnvironment } from "../../src/platform/index.ts";
import { load, TestPlatform } from "./TestPlatform.ts";

let lab: TestPlatform;
beforeEach(() => {
  lab = TestPlatform.make();
});
afterEach(async () => await lab.close());

const long = "a".repeat(60);
const host = "api.example.org";

it.each([
  [
    "a claim that one node alone can mount, with two replicas",
    `const data = volume.claim({ size: "1Gi" });
     return { data, api: service({ ...program, replicas: 2, volumes: [data] }) };`,
    /^error components\.api\.(replicas|volumes): .*(ReadWriteOnce|one node)/u,
  ],
  [
    "a rewrite by plain Ingress",
    `return { api: service({ ...program, expose: { host: "${host}", public: true, paths: [{ path: "/v1", rewrite: "/" }] } }) };`,
    /^error components\.api\.expose.*: .*cannot rewrite.*httpRoute/u,
  ],
  [
    "exposing without saying that nobody has to sign in",
    `return { api: service({ ...program, expose: { host: "${host}" } }) };`,
    /^error components\.api\.expose: .*without sign-in.*public: true/u,
  ],
  [
    "a service whose name is too long with the suffix",
    `return { "${long}": service(program) };`,
    /^error components\.a+: .*66 characters; 63 are possible/u,
  ],
  [
    "a schedule whose name is too long",
    `return { "${"a".repeat(47)}": schedule({ ...program, cron: "@daily" }) };`,
    /^error components\.a+: .*53 characters; 52 are allowed/u,
  ],
  [
    "an image of which nobody says as whom it runs",
    `return { api: service({ image: env.images.program }) };`,
    /^warning components\.api\.runAs: runAs is missing/u,
  ],
])("check finds %s, in the cluster's environment", async (_what, body, expected) => {
  lab.write(
    "moorage.config.ts",
    `import { platform, schedule, service, volume } from "moorage";
export default platform("lab", {
  images: { program: { ref: "registry.example.org/program", tag: "1" } },
  environments: { dev: { target: "sandbox" }, prod: { target: { context: "lab" }, suffix: "-prodn" } },
  components: (env) => {
    const program = { image: env.images.program, runAs: 1000 };
    void [program, schedule, service, volume];
    ${body}
  },
});
`,
  );
  const { problems } = checkEnvironment(await load(lab.folder), "prod");
  const lines = problems.map(
    ({ severity, path, message, hint }) => `${severity ?? "error"} ${path ?? ""}: ${message} (${hint ?? ""})`,
  );
  expect(lines).toEqual([expect.stringMatching(expected)]);
});

it("check finds nothing in the platform that uses everything", async () => {
  const all = TestPlatform.make("everything");
  try {
    expect(checkEnvironment(await load(all.folder)).problems).toEqual([]);
  } finally {
    await all.close();
  }
});
