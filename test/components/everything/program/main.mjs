// The one program of the platform: `node main.mjs MODE`. Everything it knows it has from environment and files, as in a container.
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { dirname } from "node:path";

const { env } = process;
const [mode = "serve", word = ""] = process.argv.slice(2);
const stay = () => setInterval(() => {}, 1_000);
/** One line to a file on the claim that all share. */
const note = (line) => {
  mkdirSync(dirname(env.LEDGER), { recursive: true });
  appendFileSync(env.LEDGER, `${line}\n`);
};
const read = (path) => (path !== undefined && existsSync(path) ? readFileSync(path, "utf8") : undefined);

/** What the program was given: the variables that begin with APP_, the files that FILE_ variables name. */
const given = () => ({
  env: Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("APP_"))),
  files: Object.fromEntries(
    Object.entries(env)
      .filter(([name]) => name.startsWith("FILE_"))
      .map(([name, path]) => [name.slice(5), read(path)]),
  ),
  pid: process.pid,
});

async function serve() {
  const answer = async (request, response) => {
    const url = new URL(request.url, "http://program");
    const json = (value) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(value));
    };
    if (url.pathname === "/given") json(given());
    else if (url.pathname === "/ledger") response.end(read(env.LEDGER) ?? "");
    else if (url.pathname === "/name") response.end(`${env.APP_NAME}`);
    else if (url.pathname === "/fetch") {
      // Service to service, by the address that the environment gave.
      const to =
        url.searchParams.get("by") === "pair" ? `http://${env.BACK_HOST}:${env.BACK_PORT}` : env.APP_BACK;
      response.end(await (await fetch(`${to}/name`)).text());
    } else response.end(`${env.APP_NAME} at ${url.pathname}`);
  };
  const http = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  http.listen(Number(env.PORT), "127.0.0.1");
  if (env.PORT_METRICS !== undefined) {
    createServer((_request, response) => response.end("up 1\n")).listen(
      Number(env.PORT_METRICS),
      "127.0.0.1",
    );
  }
  process.once("SIGTERM", () => process.exit(0));
}

const modes = {
  serve,
  /** A step before the program. */
  init: () => writeFileSync(env.INIT_FILE, `prepared by ${env.APP_NAME}`),
  /** Beside the program. */
  beside: () => {
    writeFileSync(env.SIDE_FILE, "beside");
    createTcpServer((socket) => socket.end("beside\n")).listen(Number(env.PORT), "127.0.0.1");
  },
  work: () => {
    note(`start ${env.APP_NAME}`);
    process.once("SIGTERM", () => {
      note("SIGTERM");
      process.exit(0);
    });
    stay();
  },
  "drain-stop": () => {
    rmSync(`${env.LEDGER}.asked`, { force: true });
    note("stop");
  },
  /** Busy when first asked, idle from then on. */
  "drain-busy": () => {
    const asked = existsSync(`${env.LEDGER}.asked`);
    writeFileSync(`${env.LEDGER}.asked`, "");
    note(asked ? "idle" : "busy");
    process.exitCode = asked ? 1 : 0;
  },
  once: () => note(`once ${word}`),
  alive: () => {},
};
await modes[mode]();
