import { environmentsText, environmentsYaml, type InitAnswers, type Template } from "./Template.ts";

/** A web service over a database file on a volume, with a migration before each deploy and a nightly job. */
export const dataTemplate: Template = {
  name: "data",
  title: "a web service with a database file, a migration and a nightly job",
  files: (answers) => ({
    [answers.format === "yaml" ? "moorage.yaml" : "moorage.config.ts"]:
      answers.format === "yaml" ? yaml(answers) : typescript(answers),
    "app/server.js": server(answers),
    "app/migrate.js": migrate,
    "app/report.js": report,
    "app/database.js": database,
  }),
};

const typescript = (
  answers: InitAnswers,
): string => `import { job, platform, schedule, service, volume } from "moorage";

export default platform(${JSON.stringify(answers.name)}, {
  images: {
    // \`dev\` says how the programs run on this machine, where there is no image.
    app: { ref: "registry.example.org/${answers.name}/app", tag: "0.1.0", dev: { cwd: "app" } },
  },
${environmentsText(answers)}
  components: (env) => {
    const data = volume.claim({ size: "1Gi", path: "/var/lib/data" });
    const app = {
      image: env.images.app,
      env: { DATABASE: \`\${data.path}/visits.sqlite\` },
      volumes: [data],
      runAs: 1000,
    };
    const migrate = job({ ...app, command: ["node", "migrate.js"], on: "deploy" });
    const web = service({
      ...app,
      command: ["node", "server.js"],
      after: [migrate],
      probes: { readiness: { http: "/health", every: "1s" } },
      expose: { host: env.name === "dev" ? undefined : "${answers.name}.example.org", public: true },
    });
    const report = schedule({ ...app, cron: "0 3 * * *", command: ["node", "report.js"] });
    return { data, migrate, web, report };
  },
});
`;

const yaml = (answers: InitAnswers): string => `name: ${answers.name}
images:
  # \`dev\` says how the programs run on this machine, where there is no image.
  app: { ref: registry.example.org/${answers.name}/app, tag: 0.1.0, dev: { cwd: app } }
${environmentsYaml(answers)}
components:
  data: { kind: volume.claim, size: 1Gi, path: /var/lib/data }
  migrate:
    kind: job
    image: app
    command: [node, migrate.js]
    on: deploy
    env: { DATABASE: "\${data.path}/visits.sqlite" }
    volumes: [data]
    runAs: 1000
  web:
    kind: service
    image: app
    command: [node, server.js]
    after: [migrate]
    env: { DATABASE: "\${data.path}/visits.sqlite" }
    volumes: [data]
    runAs: 1000
    probes: { readiness: { http: /health, every: 1s } }
    expose: { host: ${answers.name}.example.org, public: true }
  report:
    kind: schedule
    image: app
    cron: "0 3 * * *"
    command: [node, report.js]
    env: { DATABASE: "\${data.path}/visits.sqlite" }
    volumes: [data]
    runAs: 1000
`;

const database = `import { DatabaseSync } from "node:sqlite";

export const open = () => {
  const database = new DatabaseSync(process.env.DATABASE ?? "visits.sqlite");
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000");
  return database;
};
`;

const migrate = `import { open } from "./database.js";

// May run again at any time.
open().exec("CREATE TABLE IF NOT EXISTS visits (at TEXT NOT NULL)");
console.log("the database is ready");
`;

const report = `import { open } from "./database.js";

console.log(open().prepare("SELECT count(*) AS visits FROM visits").get());
`;

const server = ({
  name,
}: InitAnswers): string => `// Change this file while \`moorage dev\` runs, and reload the page.
import { createServer } from "node:http";
import { open } from "./database.js";

const database = open();

const server = createServer((request, response) => {
  if (request.url === "/health") return response.end("ok");
  if (request.url === "/") database.prepare("INSERT INTO visits VALUES (datetime())").run();
  const { visits } = database.prepare("SELECT count(*) AS visits FROM visits").get();
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(\`<!doctype html><title>${name}</title><h1>${name}</h1><p>Visit number \${visits}.</p>\`);
});

// The port that Moorage gives; answers what has been asked before it leaves.
server.listen(process.env.PORT ?? 8080, () => console.log("listening"));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
`;
