import type { KubeObject } from "../../contract/index.ts";
import { isMap } from "../plan/deepEqual.ts";
import { addressOf } from "../readiness/routes.ts";

/** What exposes a component, for somebody who knows better than the object how it is reached (the sandbox's front door). */
export interface Exposed {
  readonly component: string;
  readonly kind: string;
  readonly host?: string;
  readonly path: string;
}

const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isMap) : []);
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/**
 * Addresses under which an object is reached from outside: hosts of Ingresses, Routes and HTTPRoutes, and load balancers. A path is said once, at its longest common use: `/` when
 * everything is served.
 */
export function publicUrls(
  object: KubeObject,
  component: string,
  urlOf?: (exposed: Exposed) => string | undefined,
): string[] {
  const urls = exposures(object).map(({ host, path, tls, port }) => {
    const known = urlOf?.({
      component,
      kind: object.kind,
      path,
      ...(host === undefined ? {} : { host }),
    });
    if (known !== undefined) return known;
    const address = host ?? addressOf(object);
    if (address === undefined) return undefined;
    return `${tls ? "https" : "http"}://${address}${port === undefined ? "" : `:${port}`}${path}`;
  });
  return [...new Set(urls.filter((url) => url !== undefined))];
}

interface Exposure {
  readonly host?: string | undefined;
  readonly path: string;
  readonly tls: boolean;
  readonly port?: number | undefined;
}

function exposures(object: KubeObject): Exposure[] {
  const spec = isMap(object["spec"]) ? object["spec"] : {};
  switch (object.kind) {
    case "Ingress": {
      const secured = list(spec["tls"]);
      const isSecured = (host: string | undefined): boolean =>
        secured.some(({ hosts }) => !Array.isArray(hosts) || host === undefined || hosts.includes(host));
      return list(spec["rules"]).map((rule) => {
        const host = text(rule["host"]);
        const paths = list(isMap(rule["http"]) ? rule["http"]["paths"] : []).map(({ path }) => text(path));
        return { host, path: shortest(paths), tls: isSecured(host) };
      });
    }
    case "Route":
      return [
        {
          host: text(spec["host"]) ?? admittedHost(object),
          path: text(spec["path"]) ?? "/",
          tls: isMap(spec["tls"]),
        },
      ];
    case "HTTPRoute": {
      const matches = list(spec["rules"]).flatMap(({ matches: all }) => list(all));
      const paths = matches.map(({ path }) => (isMap(path) ? text(path["value"]) : undefined));
      const hosts = Array.isArray(spec["hostnames"]) ? spec["hostnames"].map(text) : [undefined];
      // Its Gateway holds the certificate; which of the two it serves is not seen from here, and everybody redirects.
      return hosts.map((host) => ({ host, path: shortest(paths), tls: true }));
    }
    case "Service": {
      if (spec["type"] !== "LoadBalancer") return [];
      const port = Number(list(spec["ports"])[0]?.["port"]);
      return [
        {
          path: "/",
          tls: port === 443,
          port: port === 443 || port === 80 || !Number.isInteger(port) ? undefined : port,
        },
      ];
    }
    default:
      return [];
  }
}

const shortest = (paths: readonly (string | undefined)[]): string =>
  paths
    .map((path) => path ?? "/")
    .toSorted((a, b) => a.length - b.length)[0]
    ?.replace(/\(.*$/, "") ?? "/";

const admittedHost = (route: KubeObject): string | undefined =>
  text(list(isMap(route["status"]) ? route["status"]["ingress"] : [])[0]?.["host"]);
