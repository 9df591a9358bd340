import type { Substitution } from "./substituteServices.ts";

const hostSuffix = /(?:^|_)(?:HOST|HOSTNAME|HOST_NAME|SERVER|ADDR|ADDRESS)$/;
const glued = /(?:HOST|SERVER|ADDR)$/;

/**
 * Host and port given apart: `DB_HOST=db`, `DB_PORT=5432`. Gives the variables to change, or to add.
 *
 * The rule: a variable is a host when its whole value is a name or an address of a Service *and* its name ends in HOST, HOSTNAME,
 * SERVER, ADDR or ADDRESS (or a variable NAME_PORT stands beside it). Its port is the variable of the same prefix that ends in PORT:
 * `DB_HOST` and `DB_PORT`, `PGHOST` and `PGPORT`, `BROKER` and `BROKER_PORT`. Both are replaced when the port's whole value is a port of
 * that service. When there is no such variable and the service has exactly one port, the port variable is added, since the program would
 * otherwise use a default that means another program here. Anything else is ambiguous and stays as it is.
 */
export function pairHostAndPort(
  variables: Readonly<Record<string, string>>,
  substitution: Substitution,
): Record<string, string> {
  const changes: Record<string, string> = {};
  const upper = new Map(Object.keys(variables).map((name) => [name.toUpperCase(), name]));
  for (const [name, value] of Object.entries(variables)) {
    const service = substitution.services.find(value, substitution.namespace);
    if (service === undefined) continue;
    const candidates = portNames(name.toUpperCase());
    const portName = candidates.map((candidate) => upper.get(candidate)).find((found) => found !== undefined);
    if (service.externalName !== undefined) {
      if (portName !== undefined || hostSuffix.test(name.toUpperCase())) changes[name] = service.externalName;
      continue;
    }
    if (portName !== undefined) {
      const text = variables[portName] ?? "";
      const port = /^\d{1,5}$/.test(text) ? Number(text) : service.portNames?.get(text);
      const local = port === undefined ? undefined : service.ports.get(port);
      // The same port variable for two different hosts can only be right for one of them.
      if (local === undefined || (changes[portName] !== undefined && changes[portName] !== String(local)))
        continue;
      changes[name] = "127.0.0.1";
      changes[portName] = String(local);
      continue;
    }
    const locals = new Set(service.ports.values());
    const added = candidates[0];
    if (!isHostName(name.toUpperCase()) || locals.size !== 1 || added === undefined || added === "PORT")
      continue;
    changes[name] = "127.0.0.1";
    changes[name === name.toLowerCase() ? added.toLowerCase() : added] = String([...locals][0]);
  }
  return changes;
}

const isHostName = (name: string): boolean => hostSuffix.test(name) || /^[A-Z]+HOST$/.test(name);

/** Names that the port of a host may have, the likeliest first. */
function portNames(name: string): string[] {
  const underscored = hostSuffix.exec(name);
  if (underscored !== null) {
    const prefix = name.slice(0, underscored.index);
    // HOST and PORT without a prefix: PORT is what the program itself listens on.
    return prefix === "" ? [] : [`${prefix}_PORT`];
  }
  const bare = glued.exec(name);
  return bare === null || bare.index === 0
    ? [`${name}_PORT`]
    : [`${name.slice(0, bare.index)}PORT`, `${name}_PORT`];
}

const shortFlags: Record<string, string> = { "-h": "_HOST", "-p": "_PORT", "-H": "_HOST", "-P": "_PORT" };

/** The same rule for arguments: `--db-host db --db-port 5432`, `--host=db --port=5432`, `-h db -p 6379`. Nothing is added. */
export function pairInArguments(args: readonly string[], substitution: Substitution): string[] {
  const places: Record<string, { at: number; prefix: string; value: string }> = {};
  for (const [at, argument] of args.entries()) {
    const joined = /^(--?[A-Za-z][\w.-]*)=(.*)$/s.exec(argument);
    const flag = joined?.[1] ?? (/^--?[A-Za-z][\w.-]*$/.test(argument) ? argument : undefined);
    if (flag === undefined) continue;
    const value = joined === null ? args[at + 1] : joined[2];
    if (value === undefined) continue;
    const short = joined === null ? shortFlags[flag] : undefined;
    // A prefix keeps `--host` apart from the HOST that has no port of its own.
    const name =
      short === undefined
        ? `ARG_${flag.replace(/^-+/, "").replace(/[.-]/g, "_").toUpperCase()}`
        : `SHORT${short}`;
    places[name] = joined === null ? { at: at + 1, prefix: "", value } : { at, prefix: `${flag}=`, value };
  }
  const values = Object.fromEntries(Object.entries(places).map(([name, place]) => [name, place.value]));
  const out = [...args];
  for (const [name, value] of Object.entries(pairHostAndPort(values, substitution))) {
    const place = places[name];
    if (place !== undefined) out[place.at] = `${place.prefix}${value}`;
  }
  return out;
}
