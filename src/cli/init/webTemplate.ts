import { environmentsText, environmentsYaml, type InitAnswers, type Template } from "./Template.ts";

/** One web service. */
export const webTemplate: Template = {
  name: "web",
  title: "a web service",
  files: (answers) => ({
    [answers.format === "yaml" ? "moorage.yaml" : "moorage.config.ts"]:
      answers.format === "yaml" ? yaml(answers) : typescript(answers),
    "web/server.js": server(answers),
  }),
};

const typescript = (answers: InitAnswers): string => `import { platform, service } from "moorage";

export default platform(${JSON.stringify(answers.name)}, {
  images: {
    // \`dev\` says how the program runs on this machine, where there is no image.
    web: { ref: "registry.example.org/${answers.name}/web", tag: "0.1.0", dev: { cwd: "web" } },
  },
${environmentsText(answers)}
  components: (env) => {
    const web = service({
      image: env.images.web,
      command: ["node", "server.js"],
      env: { GREETING: \`Hello from \${env.name}\` },
      runAs: 1000,
      probes: { readiness: { http: "/health", every: "1s" } },
      expose: { host: env.name === "dev" ? undefined : "${answers.name}.example.org", public: true },
    });
    return { web };
  },
});
`;

const yaml = (answers: InitAnswers): string => `name: ${answers.name}
images:
  # \`dev\` says how the program runs on this machine, where there is no image.
  web: { ref: registry.example.org/${answers.name}/web, tag: 0.1.0, dev: { cwd: web } }
${environmentsYaml(answers)}
components:
  web:
    kind: service
    image: web
    command: [node, server.js]
    env: { GREETING: Hello }
    runAs: 1000
    probes: { readiness: { http: /health, every: 1s } }
    expose: { host: ${answers.name}.example.org, public: true }
`;

const server = ({
  name,
}: InitAnswers): string => `// A web service: change this text while \`moorage dev\` runs, and reload the page.
import { createServer } from "node:http";

const greeting = process.env.GREETING ?? "Hello";

const server = createServer((request, response) => {
  if (request.url === "/health") return response.end("ok");
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(\`<!doctype html><title>${name}</title><h1>\${greeting}</h1><p>This is ${name}, served by process \${process.pid}.</p>\`);
});

// The port that Moorage gives; answers what has been asked before it leaves.
server.listen(process.env.PORT ?? 8080, () => console.log("listening"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
