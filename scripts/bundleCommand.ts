import { cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { rolldown } from "rolldown";

/** Dependencies of many small files, of which the command uses a part. The others are loaded from where npm put them. */
const taken = [
  "asn1js",
  "commander",
  "croner",
  "dotenv",
  "ignore",
  "js-yaml",
  "picocolors",
  "pvtsutils",
  "pvutils",
  "undici",
  "yaml",
  "zod",
];

/** undici as `kube/httpTransport.ts` needs it, in place of its own index: the rest, mostly a browser's `fetch`, takes longer to load than the command. */
const undici = `
  Object.assign(require("./lib/dispatcher/dispatcher.js").prototype, require("./lib/api/index.js"));
  exports.Agent = require("./lib/dispatcher/agent.js");
  exports.EnvHttpProxyAgent = require("./lib/dispatcher/env-http-proxy-agent.js");
  exports.ProxyAgent = require("./lib/dispatcher/proxy-agent.js");
  exports.Socks5ProxyAgent = require("./lib/dispatcher/socks5-proxy-agent.js");
`;

const isTaken = (id: string): boolean => taken.some((name) => id === name || id.startsWith(`${name}/`));
const isBare = (id: string): boolean => !/^[./]/.test(id);

/**
 * Puts the command, as compiled in `dist`, into a few files in `dist/command`: finding and reading six hundred was most of what a short command took. The library stays
 * as it is. The licences of what is taken in stand beside it.
 */
export async function bundleCommand(root: string): Promise<void> {
  const dist = join(root, "dist");
  const folder = join(dist, "command");
  rmSync(folder, { recursive: true, force: true });
  const bundle = await rolldown({
    input: join(dist, "cli", "main.js"),
    platform: "node",
    external: (id) => isBare(id) && !isTaken(id),
    plugins: [
      {
        name: "only-dispatchers",
        transform: (_code, id) => (id === join(root, "node_modules", "undici", "index.js") ? undici : null),
      },
      {
        name: "own-place",
        // What lies beside a module (tables, pages, programs) stays where it is.
        transform(code, id) {
          if (!id.startsWith(dist) || !code.includes("import.meta.url")) return null;
          const own = JSON.stringify(relative(folder, id));
          return code.replaceAll("import.meta.url", `new URL(${own}, import.meta.url).href`);
        },
      },
      {
        name: "taken-builtins",
        // An ES module's import of a part of Node reads every export of it once, and what some load when they are read: `fs` its promises and with them `readline`,
        // `util` its parser of arguments, `http` a whole client. Taken so, only what is used comes: measured, 0.5 MB of a sandbox and 20 ms of processor time of its start.
        renderChunk: (code) =>
          code.replaceAll(
            /^import \{([^}]+)\} from ("node:[^"]+");$/gm,
            (_statement, names: string, id: string) =>
              `const {${names.replaceAll(" as ", ": ")}} = globalThis.process.getBuiltinModule(${id});`,
          ),
      },
    ],
  });
  await bundle.write({
    dir: folder,
    format: "esm",
    entryFileNames: "main.js",
    chunkFileNames: "[name]-[hash].js",
  });
  await bundle.close();
  for (const name of taken) {
    const place = join(root, "node_modules", name);
    const licence = readdirSync(place).find((file) => /^licen[cs]e/i.test(file));
    if (licence === undefined) throw new Error(`${name} has no licence that could be passed on`);
    const copy = join(folder, "licences", `${name}.txt`);
    mkdirSync(dirname(copy), { recursive: true });
    cpSync(join(place, licence), copy);
  }
}
