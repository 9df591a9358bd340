// Runs the SQL that is posted to it through psql, by the address that it was given.
import { spawn } from "node:child_process";
import { createServer } from "node:http";

const { username, password, hostname, port, pathname } = new URL(process.env.DATABASE_URL);
const env = {
  PATH: process.env.PATH,
  PGHOST: hostname,
  PGPORT: port,
  PGUSER: decodeURIComponent(username),
  PGPASSWORD: decodeURIComponent(password),
  PGDATABASE: pathname.slice(1),
};
createServer((request, response) => {
  const psql = spawn(
    "psql",
    ["--no-psqlrc", "--tuples-only", "--no-align", "--quiet", "--set=ON_ERROR_STOP=1"],
    { env },
  );
  let out = "";
  psql.stdout.on("data", (part) => (out += part));
  psql.stderr.on("data", (part) => (out += part));
  psql.once("close", (code) => {
    response.statusCode = code === 0 ? 200 : 500;
    response.end(out.trim());
  });
  request.pipe(psql.stdin);
}).listen(Number(process.env.PORT), "127.0.0.1");
