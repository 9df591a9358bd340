import type { KubeObject } from "../../../contract/index.ts";
import {
  ageColumn,
  at,
  column,
  list,
  nameColumn,
  orNone,
  selectorText,
  text,
  type Printer,
} from "./Printer.ts";

function few(values: readonly string[], shown = 3): string {
  if (values.length === 0) return "<unset>";
  return values.length > shown
    ? `${values.slice(0, shown).join(",")} + ${values.length - shown} more...`
    : values.join(",");
}

function hosts(ingress: KubeObject): string {
  const all = list(ingress, "spec", "rules")
    .map((rule) => text(rule, "host"))
    .filter((host) => host !== "");
  if (all.length === 0) return "*";
  return all.length > 3 ? `${all.slice(0, 3).join(",")} + ${all.length - 3} more...` : all.join(",");
}

export const networkingPrinters: Record<string, Printer> = {
  "networking.k8s.io/Ingress": [
    nameColumn,
    column("Class", (object) =>
      orNone(
        text(object, "spec", "ingressClassName") ||
          text(object, "metadata", "annotations", "kubernetes.io/ingress.class"),
      ),
    ),
    column("Hosts", hosts),
    column("Address", (object) =>
      list(object, "status", "loadBalancer", "ingress")
        .map((one) => text(one, "ip") || text(one, "hostname"))
        .join(","),
    ),
    column("Ports", (object) => (list(object, "spec", "tls").length > 0 ? "80, 443" : "80")),
    ageColumn,
  ],
  "networking.k8s.io/IngressClass": [
    nameColumn,
    column("Controller", (object) => text(object, "spec", "controller")),
    column("Parameters", (object) => {
      const parameters = at(object, "spec", "parameters");
      if (parameters === undefined) return "<none>";
      const group = text(parameters, "apiGroup");
      return `${text(parameters, "kind")}${group === "" ? "" : `.${group}`}/${text(parameters, "name")}`;
    }),
    ageColumn,
  ],
  "networking.k8s.io/NetworkPolicy": [
    nameColumn,
    column("Pod-Selector", (object) => selectorText(at(object, "spec", "podSelector"))),
    ageColumn,
  ],
  "discovery.k8s.io/EndpointSlice": [
    nameColumn,
    column("AddressType", (object) => text(object, "addressType")),
    column("Ports", (object) => few(list(object, "ports").map((port) => text(port, "port") || "*"))),
    column("Endpoints", (object) =>
      few(list(object, "endpoints").flatMap((one) => list(one, "addresses") as unknown as string[])),
    ),
    ageColumn,
  ],
};
