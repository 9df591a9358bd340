import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkEnvironment, evaluateEnvironment, renderEnvironment } from "../../src/platform/index.ts";
import { load, TestPlatform } from "./TestPlatform.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/platform-file.md"), "utf8");

/** Every example: the language and the heading under which it stands. */
const examples = [...text.matchAll(/^```(\S+)(.*)\n([\s\S]*?)^```$/gmu)].map((match) => {
  const [, language = "", more = "", code = ""] = match;
  const headings = [...text.slice(0, match.index).matchAll(/^## (.*)$/gmu)];
  return { language, fragment: more.trim() === "components", code, heading: headings.at(-1)?.[1] ?? "" };
});

/** An example that shows the components only, made whole. */
const framed = (body: string): string => `import * as all from "moorage";
const { each, externalService, job, manifests, redis, service, volume, worker } = all;
void [each, externalService, job, manifests, redis, service, volume, worker];
export default all.platform("survey", {
  images: { api: { ref: "registry.example.org/survey/api", tag: "1.4.0", dev: { cwd: "api" } } },
  environments: { dev: { target: "sandbox" }, prod: { target: { context: "lab" } } },
  components: (env) => {
    const program = { image: env.images.api, runAs: 1000 };
    ${body}
  },
});
`;

it("docs/platform-file.md has examples of both languages, and no other code", () => {
  expect(new Set(examples.map(({ language }) => language))).toEqual(new Set(["ts", "yaml"]));
  expect(examples.length).toBe([...text.matchAll(/^```/gmu)].length / 2);
});

it.each(examples)("the example under '$heading' is right, in every environment", async (example) => {
  const folder = TestPlatform.make();
  try {
    const file = example.language === "yaml" ? "moorage.yaml" : "moorage.config.ts";
    folder.write(file, example.fragment ? framed(example.code) : example.code);
    const loaded = await load(folder.folder);
    expect(checkEnvironment(loaded).problems).toEqual([]);
    for (const name of Object.keys(loaded.definition.environments)) {
      expect(renderEnvironment(evaluateEnvironment(loaded, name)).objects.length).toBeGreaterThan(1);
    }
  } finally {
    await folder.close();
  }
});
