import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dnsNameOf, type ServiceAddress } from "./ServiceDirectory.ts";
import { pairHostAndPort, pairInArguments } from "./pairHostAndPort.ts";
import { substituteServices, type Substitution } from "./substituteServices.ts";

const addresses: ServiceAddress[] = [
  {
    namespace: "ns",
    name: "data",
    clusterIPs: ["10.96.0.7"],
    ports: new Map([
      [8080, 41873],
      [80, 41880],
    ]),
  },
  { namespace: "ns", name: "broker-dev", clusterIPs: [], ports: new Map([[6379, 42000]]) },
  {
    namespace: "other",
    name: "db",
    clusterIPs: [],
    ports: new Map([[5432, 43000]]),
    portNames: new Map([["pg", 5432]]),
  },
  { namespace: "ns", name: "mail", clusterIPs: [], ports: new Map(), externalName: "smtp.example.org" },
];
const substitution: Substitution = {
  namespace: "ns",
  ownPorts: new Map([[3000, 44000]]),
  services: {
    find: (host, namespace) =>
      addresses.find(
        (address) =>
          address.clusterIPs.includes(host) ||
          dnsNameOf(host, namespace).some(
            (name) => name.service === address.name && name.namespace === address.namespace,
          ),
      ),
  },
};
const of = (text: string): string => substituteServices(text, substitution);

describe("references to services", () => {
  it.each([
    ["http://data:8080", "http://127.0.0.1:41873"],
    ["http://data:8080/api?x=1", "http://127.0.0.1:41873/api?x=1"],
    ["data:8080", "127.0.0.1:41873"],
    ["redis://broker-dev:6379/0", "redis://127.0.0.1:42000/0"],
    ["redis://:p%40ss@broker-dev:6379/0", "redis://:p%40ss@127.0.0.1:42000/0"],
    ["data.ns.svc:8080", "127.0.0.1:41873"],
    ["https://data.ns.svc.cluster.local:8080/", "https://127.0.0.1:41873/"],
    ["data.ns.svc.cluster.local.:8080", "127.0.0.1:41873"],
    ["postgresql://u:p@db.other:5432/x?a=b", "postgresql://u:p@127.0.0.1:43000/x?a=b"],
    ["10.96.0.7:8080", "127.0.0.1:41873"],
    ["http://data/items", "http://127.0.0.1:41880/items"],
    ["http://data", "http://127.0.0.1:41880"],
    ["redis://broker-dev", "redis://127.0.0.1:42000"],
    ["postgresql+psycopg2://u@db.other/x", "postgresql+psycopg2://u@127.0.0.1:43000/x"],
    ["data:8080,broker-dev:6379", "127.0.0.1:41873,127.0.0.1:42000"],
    ['{"a":"http://data:8080","b":1}', '{"a":"http://127.0.0.1:41873","b":1}'],
    ["--upstream=data:8080", "--upstream=127.0.0.1:41873"],
    ["tcp(db.other:5432)/x", "tcp(127.0.0.1:43000)/x"],
    ["mail:25", "smtp.example.org:25"],
    ["http://localhost:3000/health", "http://localhost:44000/health"],
    ["0.0.0.0:3000", "0.0.0.0:44000"],
  ])("%s becomes %s", (text, expected) => expect(of(text)).toBe(expected));

  it.each([
    "data",
    "data:9999",
    "registry.example.org/data:8080",
    "data:8080@elsewhere:1",
    "https://data/x",
    "mydata:8080",
    "data:80801",
    "db:5432",
    "http://example.org:8080/data:8080",
    "localhost:9999",
    "08:30:8080",
    "data:8080-alpine",
  ])("%s stays as it is", (text) => expect(of(text)).toBe(text));

  it("changes nothing twice", () => {
    const part = fc.constantFrom(
      "http://",
      "data",
      ":8080",
      "/",
      "broker-dev:6379",
      " ",
      "@",
      "x",
      ".",
      "ns.svc",
      ",",
      "10.96.0.7",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const once = of(parts.join(""));
        expect(of(once)).toBe(once);
      }),
    );
  });
});

describe("host and port given apart", () => {
  it.each<[string, Record<string, string>, Record<string, string>]>([
    ["the same prefix", { DB_HOST: "db.other", DB_PORT: "5432" }, { DB_HOST: "127.0.0.1", DB_PORT: "43000" }],
    [
      "names written together",
      { PGHOST: "db.other", PGPORT: "5432" },
      { PGHOST: "127.0.0.1", PGPORT: "43000" },
    ],
    ["a named port", { DB_HOST: "db.other", DB_PORT: "pg" }, { DB_HOST: "127.0.0.1", DB_PORT: "43000" }],
    [
      "a name and NAME_PORT",
      { BROKER: "broker-dev", BROKER_PORT: "6379" },
      { BROKER: "127.0.0.1", BROKER_PORT: "42000" },
    ],
    ["no port, one in the service", { DB_HOST: "db.other" }, { DB_HOST: "127.0.0.1", DB_PORT: "43000" }],
    ["no port, several in the service", { DATA_HOST: "data" }, {}],
    ["a port of something else", { DB_HOST: "db.other", DB_PORT: "9999" }, {}],
    ["a variable that is no host", { APP_NAME: "data", APP_ENV: "broker-dev" }, {}],
    [
      "two hosts with one port variable",
      { DB_HOST: "db.other", DB_ADDR: "broker-dev", DB_PORT: "5432" },
      { DB_HOST: "127.0.0.1", DB_PORT: "43000" },
    ],
    ["an external name", { MAIL_HOST: "mail", MAIL_PORT: "25" }, { MAIL_HOST: "smtp.example.org" }],
    ["HOST alone, which is what the program listens on", { HOST: "data", PORT: "8080" }, {}],
  ])("%s", (_name, variables, expected) => {
    expect(pairHostAndPort(variables, substitution)).toEqual(expected);
  });

  it.each([
    [
      ["--db-host", "db.other", "--db-port", "5432"],
      ["--db-host", "127.0.0.1", "--db-port", "43000"],
    ],
    [
      ["--host=broker-dev", "--port=6379"],
      ["--host=127.0.0.1", "--port=42000"],
    ],
    [
      ["-h", "broker-dev", "-p", "6379"],
      ["-h", "127.0.0.1", "-p", "42000"],
    ],
    [
      ["serve", "data", "--port", "8080"],
      ["serve", "data", "--port", "8080"],
    ],
  ])("arguments %j become %j", (args, expected) => {
    expect(pairInArguments(args, substitution)).toEqual(expected);
  });
});
