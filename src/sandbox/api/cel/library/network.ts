import { BlockList, isIP } from "node:net";
import type { Environment } from "@marcbachmann/cel-js";

class Ip {
  readonly text: string;
  readonly family: 4 | 6;
  constructor(text: string) {
    this.text = text;
    this.family = isIP(text) === 6 ? 6 : 4;
  }
}
class Cidr {
  readonly ip: Ip;
  readonly bits: number;
  readonly #block = new BlockList();
  constructor(ip: Ip, bits: number) {
    this.ip = ip;
    this.bits = bits;
    this.#block.addSubnet(ip.text, bits, kindOf(ip));
  }
  contains(ip: Ip): boolean {
    return ip.family === this.ip.family && this.#block.check(ip.text, kindOf(ip));
  }
}

const kindOf = ({ family }: Ip): "ipv4" | "ipv6" => (family === 6 ? "ipv6" : "ipv4");

const ipOf = (text: string): Ip | undefined =>
  isIP(text) === 0 || text.includes("%") || /^::ffff:.*\./i.test(text) ? undefined : new Ip(text);

function cidrOf(text: string): Cidr | undefined {
  const [address = "", bits = "", ...rest] = text.split("/");
  const ip = ipOf(address);
  if (
    ip === undefined ||
    rest.length > 0 ||
    !/^\d{1,3}$/.test(bits) ||
    Number(bits) > (ip.family === 6 ? 128 : 32)
  )
    return undefined;
  return new Cidr(ip, Number(bits));
}

/** As Go writes it: the shortest form. */
const canonical = ({ text, family }: Ip): string =>
  family === 4 ? text : new URL(`http://[${text}]`).hostname.slice(1, -1);

const within = (ip: Ip, ...blocks: string[]): boolean =>
  blocks.some((block) => cidrOf(block)?.contains(ip) === true);

const must = <T>(found: T | undefined, text: string, what: string): T => {
  if (found === undefined)
    throw new Error(`${what} ${JSON.stringify(text)} parse error during conversion from string`);
  return found;
};

/** ip(), cidr() and what they can do. (ip.go, cidr.go) */
export function addNetwork(environment: Environment): void {
  environment
    .registerType("net.IP", { ctor: Ip, fields: {} })
    .registerType("net.CIDR", { ctor: Cidr, fields: {} })
    .registerFunction("isIP(string): bool", (text: string) => ipOf(text) !== undefined)
    .registerFunction("ip(string): net.IP", (text: string) => must(ipOf(text), text, "IP Address"))
    .registerFunction("string(net.IP): string", (ip: Ip) => canonical(ip))
    .registerFunction("net.IP.family(): int", ({ family }: Ip) => BigInt(family))
    .registerFunction("net.IP.isUnspecified(): bool", (ip: Ip) => within(ip, "0.0.0.0/32", "::/128"))
    .registerFunction("net.IP.isLoopback(): bool", (ip: Ip) => within(ip, "127.0.0.0/8", "::1/128"))
    .registerFunction("net.IP.isLinkLocalMulticast(): bool", (ip: Ip) =>
      within(ip, "224.0.0.0/24", "ff02::/16"),
    )
    .registerFunction("net.IP.isLinkLocalUnicast(): bool", (ip: Ip) =>
      within(ip, "169.254.0.0/16", "fe80::/10"),
    )
    .registerFunction(
      "net.IP.isGlobalUnicast(): bool",
      (ip: Ip) =>
        !within(
          ip,
          "0.0.0.0/32",
          "::/128",
          "127.0.0.0/8",
          "::1/128",
          "224.0.0.0/4",
          "ff00::/8",
          "169.254.0.0/16",
          "fe80::/10",
          "255.255.255.255/32",
        ),
    )
    .registerOperator("net.IP == net.IP", (a: Ip, b: Ip) => canonical(a) === canonical(b))
    .registerFunction("isCIDR(string): bool", (text: string) => cidrOf(text) !== undefined)
    .registerFunction("cidr(string): net.CIDR", (text: string) => must(cidrOf(text), text, "network address"))
    .registerFunction("string(net.CIDR): string", ({ ip, bits }: Cidr) => `${canonical(ip)}/${bits}`)
    .registerFunction("net.CIDR.containsIP(net.IP): bool", (cidr: Cidr, ip: Ip) => cidr.contains(ip))
    .registerFunction("net.CIDR.containsIP(string): bool", (cidr: Cidr, text: string) =>
      cidr.contains(must(ipOf(text), text, "IP Address")),
    )
    .registerFunction(
      "net.CIDR.containsCIDR(net.CIDR): bool",
      (cidr: Cidr, other: Cidr) => other.bits >= cidr.bits && cidr.contains(other.ip),
    )
    .registerFunction("net.CIDR.containsCIDR(string): bool", (cidr: Cidr, text: string) => {
      const other = must(cidrOf(text), text, "network address");
      return other.bits >= cidr.bits && cidr.contains(other.ip);
    })
    .registerFunction("net.CIDR.ip(): net.IP", ({ ip }: Cidr) => ip)
    .registerFunction("net.CIDR.prefixLength(): int", ({ bits }: Cidr) => BigInt(bits));
}
